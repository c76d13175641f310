"""Users of the newsroom with a single kind of input, and a count of their steps.

A step is a press of a key or of a combination, a tap, or a swipe over most of the screen. The letters of a text do not
count, because every user has to type them.
"""

from __future__ import annotations

import math
import os
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.test_quality import DESKTOP, PHONE

#: The greatest acceptable number of presses of Tab to a control.
MOST_TABS = 12

#: The least size of a touch target in CSS pixels (WCAG 2.2, success criterion 2.5.5), less a margin for rounding.
TARGET = 43.5

#: The part of a phone's screen above its keyboard.
ABOVE_KEYBOARD = {"width": PHONE["width"], "height": 508}

#: By Latin letter: the letter of the same key on an Arabic keyboard.
ARABIC_KEYS = dict(zip("acgjkt", "شؤلتنف", strict=True))


class Hands:
    """The base of both kinds of input. `said` collects messages of the console and too small targets."""

    viewport = DESKTOP
    #: Milliseconds between two letters.
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
        """Press combinations of keys in turn, or use a control with the same effect."""
        raise NotImplementedError

    def use(self, control: str, *, back: bool = False) -> None:
        """Use a control of the page. `back`: it precedes the focus."""
        raise NotImplementedError

    def fill(self, field: str, text: str, *, back: bool = False) -> None:
        """Go to a field and write a text."""
        raise NotImplementedError

    def write(self, text: str) -> None:
        """Write a text at the caret."""
        expect(self.page.locator(":focus:is(input, textarea, [contenteditable=true])")).to_have_count(1)
        self.letters += len(text)
        self.page.keyboard.type(text, delay=self.pause)

    def _write_into(self, field: Locator, text: str) -> None:
        expect(field).to_be_focused()
        self.write(text)
        self.page.wait_for_function(HAS_TEXT, arg=[field.element_handle(), text])

    def look(self, name: str) -> None:
        """Save a screenshot if the environment names a directory for screenshots."""
        if directory := os.environ.get("SCREENSHOTS"):
            kind = type(self).__name__.lower()
            self.page.screenshot(path=Path(directory) / f"{self.language}-{kind}-{name}.png")


class Keyboard(Hands):
    """A keyboard alone, with Arabic letters in the Arabic interface."""

    def press(self, keys: str) -> None:
        self.steps += 1
        # By then, the page's modules have run and handle keys.
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
        """Move the focus to a control, and wait until it is visible (WCAG 2.2, success criterion 2.4.11)."""
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
    """One finger on a phone, whose keyboard covers the lower part of the screen while the user writes."""

    viewport = PHONE
    #: Two taps within 300 ms are a double tap, and no user types a word in between.
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
        """Return a control, or the label around a checkbox or radio button."""
        target = self.page.locator(control).first
        around = target.locator("xpath=ancestor::label[1]")
        is_box = target.get_attribute("type") in ("checkbox", "radio")
        return around if is_box and around.count() else target

    def _reveal(self, target: Locator) -> None:
        """Scroll to the target, and count the swipes."""
        x, y = target.evaluate(DISTANCE)
        self.steps += math.ceil(y) + math.ceil(x)
        if x or y:
            target.scroll_into_view_if_needed()


#: Whether a field has a text.
HAS_TEXT = "([field, text]) => (field.value ?? field.textContent).includes(text)"

#: Whether an element is within the window and not covered.
IS_SEEN = """(element) => {
  const { left, right, top, bottom } = element.getBoundingClientRect();
  const [x, y] = [(left + right) / 2, (top + bottom) / 2];
  const points = [[x, y], [left + 3, y], [right - 3, y], [x, top + 3], [x, bottom - 3]];
  return points.some(([x, y]) => {
    const found = document.elementFromPoint(x, y);
    return found && (element.contains(found) || found.closest("label")?.contains(element));
  });
}"""

#: The number of swipes to an element, horizontally and vertically. A swipe moves four fifths of the screen.
DISTANCE = """(element) => {
  const { left, right, top, bottom } = element.getBoundingClientRect();
  const away = (from, to, size) => Math.max(0, -from, to - size) / (0.8 * size);
  return [away(left, right, innerWidth), away(top, bottom, innerHeight)];
}"""
