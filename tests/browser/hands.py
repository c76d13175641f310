"""People who use the newsroom with one kind of input alone, and count what they do.

A step is a press of a key or of a combination, a tap, or a swipe over most of the screen. The letters of a text are
none: everybody has to write them.
"""

from __future__ import annotations

import math
import os
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.test_quality import DESKTOP, PHONE

#: More presses of Tab than a person would put up with.
MOST_TABS = 12

#: In CSS pixels: the smallest target that a finger hits (WCAG 2.2, success criterion 2.5.5), less the rounding.
TARGET = 43.5

#: The height that a phone has left while its keyboard is there.
ABOVE_KEYBOARD = {"width": PHONE["width"], "height": 508}

#: The letters that an Arabic keyboard writes with the keys of these Latin ones.
ARABIC_KEYS = dict(zip("acgjkt", "شؤلتنف", strict=True))


class Hands:
    """The base of both kinds of input. `said` collects messages of the console, and targets that are too small."""

    viewport = DESKTOP
    #: Between two letters, in milliseconds.
    pause = 0

    def __init__(self, page: Page, language: str) -> None:
        self.page = page
        self.language = language
        self.steps = self.letters = 0
        self.said: list[str] = []
        page.on("console", lambda message: self._hear(message.type, message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))

    def _hear(self, kind: str, text: str) -> None:
        # The browser of these tests has no service workers.
        if kind in ("error", "warning") and "blocked by Playwright" not in text:
            self.said.append(text)

    def do(self, keys: str, control: str) -> None:
        """Press keys, one combination after the other, or use a control that does the same."""
        raise NotImplementedError

    def use(self, control: str, *, back: bool = False) -> None:
        """Press a control of the page. `back`: it is before the place where the keyboard is."""
        raise NotImplementedError

    def fill(self, field: str, text: str, *, back: bool = False) -> None:
        """Go to a field and write a text."""
        raise NotImplementedError

    def write(self, text: str) -> None:
        """Write a text where the caret is."""
        expect(self.page.locator(":focus:is(input, textarea, [contenteditable=true])")).to_have_count(1)
        self.letters += len(text)
        self.page.keyboard.type(text, delay=self.pause)

    def _write_into(self, field: Locator, text: str) -> None:
        expect(field).to_be_focused()
        self.write(text)
        self.page.wait_for_function(HAS_TEXT, arg=[field.element_handle(), text])

    def look(self, name: str) -> None:
        """Take a picture of the page if the environment names a directory for pictures."""
        if directory := os.environ.get("SCREENSHOTS"):
            kind = type(self).__name__.lower()
            self.page.screenshot(path=Path(directory) / f"{self.language}-{kind}-{name}.png")


class Keyboard(Hands):
    """Keys alone. Those of the Arabic interface write Arabic letters."""

    def press(self, keys: str) -> None:
        self.steps += 1
        # The modules of the page, which know the keys, have run by then.
        self.page.wait_for_load_state("domcontentloaded")
        *held, key = keys.split("+")
        if self.language != "ar" or key not in ARABIC_KEYS:
            self.page.keyboard.press(keys)
            return
        event = {"key": ARABIC_KEYS[key], "code": f"Key{key.upper()}", "windowsVirtualKeyCode": ord(key.upper())}
        event["modifiers"] = {(): 0, ("Control",): 2}[tuple(held)]
        session = self.page.context.new_cdp_session(self.page)
        for kind in ("rawKeyDown", "keyUp"):
            session.send("Input.dispatchKeyEvent", {"type": kind, **event})
        session.detach()

    def do(self, keys: str, control: str) -> None:
        for each in keys.split():
            self.press(each)

    def use(self, control: str, *, back: bool = False) -> None:
        target = self.reach(control, back=back)
        self.press("Space" if target.get_attribute("type") in ("checkbox", "radio") else "Enter")

    def fill(self, field: str, text: str, *, back: bool = False) -> None:
        self._write_into(self.reach(field, back=back), text)

    def reach(self, control: str, *, back: bool = False) -> Locator:
        """Move the focus to a control, which is then in sight (WCAG 2.2, success criterion 2.4.11)."""
        target = self.page.locator(control).first
        stops = []
        for _press in range(MOST_TABS + 1):
            if target.evaluate("target => target === document.activeElement"):
                self.page.wait_for_function(IS_SEEN, arg=target.element_handle())
                return target
            self.press("Shift+Tab" if back else "Tab")
            stops.append(self.page.evaluate("document.activeElement.outerHTML.slice(0, 90)"))
        raise AssertionError(f"{control} is too far: {stops}")


class Finger(Hands):
    """One finger on a phone, whose keyboard takes the lower part of the screen while somebody writes."""

    viewport = PHONE
    #: Two taps within 300 ms are a double tap, and nobody writes a word in between.
    pause = 30

    def do(self, keys: str, control: str) -> None:
        self.use(control)

    def use(self, control: str, *, back: bool = False) -> None:
        target = self._target(control)
        expect(target).to_be_visible()
        self._reveal(target)
        box = target.bounding_box()
        assert box is not None
        if min(box["width"], box["height"]) < TARGET:
            self.said.append(f"{control} is too small: {box['width']:.0f} x {box['height']:.0f}")
        self.steps += 1
        self.page.wait_for_load_state("domcontentloaded")
        target.tap()

    def fill(self, field: str, text: str, *, back: bool = False) -> None:
        self.use(field)
        self._write_into(self.page.locator(field).first, text)

    def write(self, text: str) -> None:
        self.page.set_viewport_size(ABOVE_KEYBOARD)
        super().write(text)

    def _target(self, control: str) -> Locator:
        """Return a control, or the label around a box or a radio button."""
        target = self.page.locator(control).first
        around = target.locator("xpath=ancestor::label[1]")
        is_box = target.get_attribute("type") in ("checkbox", "radio")
        return around if is_box and around.count() else target

    def _reveal(self, target: Locator) -> None:
        """Swipe until the target is in sight."""
        x, y = target.evaluate(DISTANCE)
        self.steps += math.ceil(y) + math.ceil(x)
        if x or y:
            target.scroll_into_view_if_needed()


#: Whether a field has a text.
HAS_TEXT = "([field, text]) => (field.value ?? field.textContent).includes(text)"

#: Whether an element is in sight, and not behind something.
IS_SEEN = """(element) => {
  const { left, right, top, bottom } = element.getBoundingClientRect();
  const [x, y] = [(left + right) / 2, (top + bottom) / 2];
  const points = [[x, y], [left + 3, y], [right - 3, y], [x, top + 3], [x, bottom - 3]];
  return points.some(([x, y]) => {
    const found = document.elementFromPoint(x, y);
    return found && (element.contains(found) || found.closest("label")?.contains(element));
  });
}"""

#: How many swipes of four fifths of the screen an element is away, across and along the page.
DISTANCE = """(element) => {
  const { left, right, top, bottom } = element.getBoundingClientRect();
  const away = (from, to, size) => Math.max(0, -from, to - size) / (0.8 * size);
  return [away(left, right, innerWidth), away(top, bottom, innerHeight)];
}"""
