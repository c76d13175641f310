"""Journalists at the live desk, in real browsers."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from playwright.sync_api import BrowserContext, Locator, Page, expect

from articles.models import Article, Update
from liveblog.configuration.current import SETUP_SHOWN
from liveblog.configuration.models import StoredSetting
from tests.clients import Place


def log_in(context: BrowserContext, user: User, place: Place, language: str = "en") -> None:
    """Give a browser the cookies of a logged-in user and of the chosen language."""
    # Do not redirect to the page that sets up the site.
    StoredSetting.objects.get_or_create(name=SETUP_SHOWN, defaults={"value": "true"})
    client = Client()
    client.force_login(user)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    for name, value in ((settings.SESSION_COOKIE_NAME, session), (settings.LANGUAGE_COOKIE_NAME, language)):
        context.add_cookies([{"name": name, "value": value, "url": place.url}])


#: Waits until an entry of the browser's storage contains this text. At a desk, an entry has all inputs of a form.
IS_KEPT = """async (text) => {
  const written = () => [...document.querySelectorAll("form.composer")].map((form) =>
    JSON.stringify([...new FormData(form)].filter(([name]) => !["csrfmiddlewaretoken", "delay"].includes(name))));
  const isPresent = (fields) => !written().length || written().includes(JSON.stringify(fields));
  const all = () => new Promise((done) => {
    indexedDB.open("live-desk").onsuccess = ({ target: { result: database } }) => {
      const found = database.transaction("drafts").objectStore("drafts").getAll();
      found.onsuccess = () => {
        database.close();
        done(found.result.filter(({ fields }) => isPresent(fields)));
      };
    };
  });
  for (const end = performance.now() + 60_000; !JSON.stringify(await all()).includes(text); ) {
    if (performance.now() > end) throw new Error(`not kept: ${text}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}"""

#: Returns all drafts in the browser's storage, as text.
DRAFTS = """() => new Promise((done) => {
  indexedDB.open("live-desk").onsuccess = ({ target: { result: database } }) => {
    const found = database.transaction("drafts").objectStore("drafts").getAll();
    found.onsuccess = () => {
      database.close();
      done(JSON.stringify(found.result));
    };
  };
})"""

#: Makes what is typed from now on wait to be stored, as if all happened within the pause before that (STORE_AFTER).
STOP_CLOCK = """() => {
  const { setTimeout } = window;
  window.waiting = [];
  window.setTimeout = (act, wait, ...more) => wait === 200 ? waiting.push(act) : setTimeout(act, wait, ...more);
  window.clearTimeout = ((clear) => (id) => { delete waiting[id - 1]; clear(id); })(window.clearTimeout);
}"""
#: Stores what would be stored after the pause.
END_PAUSE = "() => { for (const act of waiting.splice(0)) act?.(); }"

#: Makes a browser refuse to store anything, as some do that block all cookies. Scripts of Django's admin report that as
#: an error, and do no more harm.
REFUSE_STORAGE = """
  for (const area of ["localStorage", "sessionStorage"]) {
    const storage = window[area];
    const get = () => {
      if (new Error().stack.includes("/static/admin/js/")) return storage;
      throw new DOMException("Refused", "SecurityError");
    };
    Object.defineProperty(window, area, { get });
  }
"""

#: Holds all drafts, as a page does that the user has left and whose locks the browser has not yet released.
HOLD_DRAFTS = """() => new Promise((done) => {
  indexedDB.open("live-desk").onsuccess = ({ target: { result: database } }) => {
    const found = database.transaction("drafts").objectStore("drafts").getAllKeys();
    found.onsuccess = async () => {
      database.close();
      const release = new Promise((resolve) => { window.releaseDrafts = resolve; });
      for (const key of found.result) {
        await new Promise((held) => navigator.locks.request(`live-desk/${key}`, () => (held(), release)));
      }
      done();
    };
  };
})"""


def leave_slowly(page: Page, place: Place) -> Page:
    """Leave a page with drafts. Return a page whose `releaseDrafts` then releases the locks of the drafts."""
    slow = page.context.new_page()
    slow.goto(place.url)
    page.goto("about:blank")
    slow.evaluate(HOLD_DRAFTS)
    return slow


class DeskPage:
    """An article's desk in a browser."""

    def __init__(self, page: Page, place: Place, article: Article) -> None:
        self.page = page
        self.place = place
        self.article = article

    def open(self) -> DeskPage:
        self.page.goto(f"{self.place.url}{reverse('admin:articles_desk', args=[self.article.pk])}")
        # The desk has started once the editor accepts text.
        expect(self.composer.locator(".ProseMirror")).to_be_focused()
        return self

    @property
    def composer(self) -> Locator:
        return self.page.locator("#composer-place .composer")

    @property
    def kept(self) -> Locator:
        """Return the composer's status line."""
        return self.composer.locator(".composer-status")

    def has_kept(self, text: str) -> None:
        """Wait until the browser has stored the text, so that a crash would not lose it."""
        self.page.evaluate(IS_KEPT, text)

    @property
    def notice(self) -> Locator:
        """Return the desk's notice about its connection."""
        return self.page.locator("#desk-connection")

    def entry(self, update: Update) -> Locator:
        return self.page.locator(f"#{update.element}")

    def editing(self, update: Update) -> Locator:
        return self.entry(update).locator(".composer")

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def press(self, keys: str) -> None:
        self.page.keyboard.press(keys)

    def edit(self, update: Update) -> Locator:
        """Open an entry's form, with the caret at the end of its text."""
        self.entry(update).get_by_role("button", name="Edit").click()
        expect(self.editing(update).locator(".ProseMirror")).to_be_focused()
        return self.editing(update)
