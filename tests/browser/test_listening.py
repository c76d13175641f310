"""Voices of the reader's device read updates aloud. Test browsers have no voices, so a recorder replaces them."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from articles.models import Update
from liveblog.actors import acting_as
from tests import factories
from tests.actors import TEST
from tests.browser.conftest import MakeReader
from tests.browser.test_quality import DESKTOP, PHONE, accessible
from tests.server import Server

pytestmark = pytest.mark.django_db(transaction=True)

RECORDER = """(() => {
  class Recorder extends EventTarget {
    voices = [];
    spoken = [];
    pending = [];
    getVoices() { return this.voices; }
    speak(utterance) { this.pending.push(utterance); this.spoken.push(utterance); }
    cancel() {
      const cancelled = this.pending;
      this.pending = [];
      for (const one of cancelled) one.dispatchEvent(Object.assign(new Event("error"), { error: "interrupted" }));
      if (this.spoken.length) sessionStorage.setItem("cancelled", String(this.spoken.length));
    }
    end() { this.pending.shift()?.dispatchEvent(new Event("end")); }
    have(...tags) {
      this.voices = tags.map(([lang, localService]) => ({
        lang, localService, default: false, name: `Voice ${lang}`, voiceURI: lang,
      }));
      this.dispatchEvent(new Event("voiceschanged"));
    }
  }
  Object.defineProperty(window, "speechSynthesis", { value: new Recorder() });
  window.SpeechSynthesisUtterance = class extends EventTarget {
    constructor(text) { super(); this.text = text; }
  };
})()"""


class Ear:
    """A recorder of the speech of a page."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def hears(self, text: str) -> dict[str, Any]:
        """Let the voice read until it reaches a text, and return its language, voice and speed."""
        found = self._page.wait_for_function(
            """(text) => {
              const last = speechSynthesis.pending[0];
              if (last?.text.includes(text)) return { lang: last.lang, voice: last.voice?.name, rate: last.rate };
              speechSynthesis.end();
              return null;
            }""",
            arg=text,
            polling=50,
        )
        return found.json_value()

    @property
    def silent(self) -> bool:
        return self._page.evaluate("speechSynthesis.pending.length === 0")

    @property
    def heard(self) -> str:
        return self._page.evaluate("speechSynthesis.spoken.map(({ text }) => text).join(' ')")

    def has_voices(self, *voices: tuple[str, bool]) -> None:
        self._page.evaluate("voices => speechSynthesis.have(...voices)", [list(voice) for voice in voices])


def changed(update: Update, **fields: Any) -> None:
    with acting_as(TEST):
        found = Update.objects.get(pk=update.pk)
        for name, value in fields.items():
            setattr(found, name, value)
        found.save()


def test_updates_are_read_in_their_languages_including_new_ones_and_without_withdrawn_ones(
    server: Server, reader: MakeReader
) -> None:
    article = factories.article()
    first = factories.update(article, headline_en="Oldest", body_en="<p>It began. It went on.</p>")
    german = factories.update(article, source_language="de", body_de="<p>Die Minister sind da.</p>")
    top = factories.update(article, headline_en="Top story", body_en="<p>The talks are open.</p>")
    page = reader(viewport=DESKTOP).page
    page.add_init_script(RECORDER)
    page.goto(f"{server.url}{article.url('en')}")
    ear, button = Ear(page), page.get_by_role("button", name="Listen", exact=True)
    expect(page.locator("#listen")).to_be_hidden()
    ear.has_voices(("en-GB", False))
    expect(page.locator("#listen")).to_be_hidden()
    ear.has_voices(("en-US", True), ("en-GB", True), ("de-DE", True))
    button.click()
    assert ear.hears("Top story") == {"lang": "en", "voice": "Voice en-US", "rate": 1}
    expect(page.locator(".read-aloud")).to_have_id(top.element)
    assert page.evaluate("navigator.mediaSession.playbackState") == "playing"
    assert page.evaluate("navigator.mediaSession.metadata.title") == "Top story"
    accessible(page)
    # Voice and speed are kept in the browser.
    page.get_by_label("Voice").select_option("en-GB")
    page.get_by_label("Speed").select_option("1.5")
    assert ear.hears("Top story") == {"lang": "en", "voice": "Voice en-GB", "rate": 1.5}
    # A key event that arrives meanwhile is next.
    factories.update(article, headline_en="All agree", body_en="<p>Fourteen agreed.</p>", is_key=True)
    expect(page.locator("#updates")).to_contain_text("Fourteen agreed.")
    ear.hears("Fourteen agreed.")
    ear.hears("Die Minister sind da.")
    assert ear.hears("Die Minister sind da.")["voice"] == "Voice de-DE"
    # A correction of a heard update is read, beginning with its note.
    changed(top, body_en="<p>The talks are closed.</p>", correction_note_en="They had closed by then.")
    expect(page.locator(f"#{top.element}")).to_contain_text("They had closed by then.")
    ear.hears("They had closed by then.")
    # The voice stops at once when the current update is withdrawn.
    changed(top, state=Update.State.WITHDRAWN, leaves_mark=True)
    expect(page.locator(f"#{top.element}.withdrawn")).to_be_visible()
    ear.hears("An update published here was removed")
    ear.hears("It went on.")
    assert "The talks are closed." not in ear.heard.partition("They had closed by then.")[2]
    # The keys of the player, and a start from any update.
    page.get_by_role("button", name="Pause").click()
    assert ear.silent
    assert page.evaluate("navigator.mediaSession.playbackState") == "paused"
    page.keyboard.press("ArrowLeft")
    page.get_by_role("button", name="Play").click()
    ear.hears("An update published here was removed")
    page.locator(f"#{german.element}").get_by_role("button", name="Listen from here").click()
    ear.hears("Die Minister sind da.")
    ear.hears("Oldest")
    expect(page.locator(".read-aloud")).to_have_id(first.element)
    page.get_by_role("button", name="Next update").click()
    expect(page.locator(".listening [role=status]")).to_have_text("Waiting for the next update…")
    factories.update(article, body_en="<p>One more thing.</p>")
    ear.hears("One more thing.")
    page.get_by_role("button", name="Pause").focus()
    page.keyboard.press("Escape")
    expect(button).to_be_focused()
    assert ear.silent
    # It starts with the stored choices, and stops when the reader leaves the page.
    button.click()
    assert ear.hears("One more thing.")["rate"] == 1.5
    count = page.evaluate("speechSynthesis.spoken.length")
    page.goto(f"{server.url}/en/")
    assert page.evaluate("sessionStorage.cancelled") == str(count)


def test_an_arabic_page_reads_arabic_and_names_the_language_that_has_no_voice(
    server: Server, reader: MakeReader
) -> None:
    article = factories.article()
    factories.update(article, headline_ar="انطلقت المحادثات", body_ar="<p>وصل الوزراء.</p>", source_language="ar")
    factories.update(article, body_en="<p>Not translated yet.</p>")
    page = reader(viewport=PHONE).page
    page.add_init_script(RECORDER)
    # An address may open the player, which explains why it cannot read.
    page.goto(f"{server.url}{article.url('ar')}#listen")
    state = page.locator(".listening [role=status]")
    expect(state).to_have_text("لا يمكن قراءة التحديثات بصوت عالٍ: ليس في جهازك صوت لهذه اللغة.")
    page.keyboard.press("Escape")
    ear = Ear(page)
    ear.has_voices(("ar-SA", True), ("en-US", False))
    page.locator("#listen").click()
    expect(state).to_have_text("ليس في جهازك صوت لهذه اللغة: الإنجليزية")
    assert ear.hears("انطلقت المحادثات")["voice"] == "Voice ar-SA"
    ear.hears("وصل الوزراء.")
    assert "Not translated" not in ear.heard
    accessible(page)
