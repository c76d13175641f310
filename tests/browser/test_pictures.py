"""Journalists in a hurry add pictures to the form, and readers' browsers load the right size."""

from __future__ import annotations

import base64
import io
import re
import time
from typing import Any

from django.contrib.auth.models import User
from PIL import Image
from playwright.sync_api import Page, Route, expect

from articles.models import Article, Picture, Update
from tests import factories
from tests.browser.conftest import MakeReader
from tests.browser.desks import log_in
from tests.nasty_files import SVG, made, with_segment
from tests.server import PATIENCE, Server

DROP = """(target, files) => {
  const bytes = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  const transfer = new DataTransfer();
  for (const { name, type, content } of files) transfer.items.add(new File([bytes(content)], name, { type }));
  const event = (kind) => new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true });
  for (const kind of ["dragenter", "dragover", "drop"]) target.dispatchEvent(event(kind));
}"""
PASTE = """(target, [{ name, type, content }]) => {
  const bytes = Uint8Array.from(atob(content), (one) => one.charCodeAt(0));
  const clipboardData = new DataTransfer();
  clipboardData.items.add(new File([bytes], name, { type }));
  target.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}"""


def file(name: str, content: bytes | None = None, kind: str = "image/jpeg") -> dict[str, str]:
    content = content or made(size=(1200, 800))
    return {"name": name, "type": kind, "content": base64.b64encode(content).decode()}


def at_form(server: Server, page: Page, address: str, language: str = "en") -> Page:
    chief, _created = User.objects.get_or_create(username="chief", is_staff=True, is_superuser=True)
    log_in(page.context, chief, server, language)
    page.goto(f"{server.url}{address}")
    expect(page.locator("[data-pictures]")).to_be_visible()
    # Scripts have run by then.
    page.wait_for_load_state("load")
    return page


def add_form(server: Server, page: Page, **fields: Any) -> Page:
    return at_form(server, page, f"/admin/articles/update/add/?article={factories.article().pk}&form=1", **fields)


def drop(page: Page, *files: dict[str, str]) -> None:
    page.eval_on_selector("#update_form", DROP, list(files))


class Uploads:
    """The uploads of a page, each of which waits until the test releases it."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._held: list[Route] = []
        page.route("**/pictures/", lambda route: self._held.append(route))

    def let_go(self, count: int) -> None:
        """Release `count` uploads, once they have begun."""
        for route in self._first(count):
            route.continue_()

    def refuse(self, reason: str) -> None:
        """Respond to the next upload like a server that refuses the file."""
        [route] = self._first(1)
        route.fulfill(status=400, json={"error": reason})

    def _first(self, count: int) -> list[Route]:
        deadline = time.monotonic() + PATIENCE
        while len(self._held) < count:
            assert time.monotonic() < deadline, "The page sends fewer files."
            # Routes are called while the driver works.
            self._page.wait_for_timeout(20)
        return [self._held.pop(0) for _number in range(count)]


def test_three_pictures_dropped_at_once_are_published_in_the_chosen_order(server: Server, reader: MakeReader) -> None:
    page = add_form(server, reader().page)
    uploads = Uploads(page)
    drop(page, *(file(f"{width}.jpg", made(size=(width, 800))) for width in (1200, 1100, 1000)))
    bars = page.locator("progress")
    expect(bars).to_have_count(3)
    uploads.let_go(3)
    expect(page.locator("[name=pictures]")).to_have_count(3)
    expect(page.locator(".picture-view img:visible")).to_have_count(3)
    expect(bars.locator("visible=true")).to_have_count(0)
    # Move the last picture to the front by keyboard.
    page.locator(".picture-item").nth(2).get_by_role("button", name="Move up").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator("[data-pictures] [role=status]")).to_have_text("The picture is now number 1.")
    order = [int(value) for value in page.eval_on_selector_all("[name=pictures]", "all => all.map(one => one.value)")]
    for number, item in enumerate(page.locator(".picture-item").all()):
        item.get_by_label("Alt text").fill(f"View {number}")
        item.get_by_label("Credit line").fill("Ana")
    page.get_by_label("Headline").locator("visible=true").fill("Seen from above")
    page.get_by_role("button", name="Publish").click()
    page.wait_for_url("**/update/?article__id__exact=*")
    update = Update.objects.get()
    assert [picture.pk for picture in update.pictures.all()] == order
    assert [picture.width for picture in update.pictures.all()] == [1000, 1200, 1100]
    assert [picture.alt_en for picture in update.pictures.all()] == ["View 0", "View 1", "View 2"]


def test_an_update_is_sent_once_its_pictures_are_uploaded_unless_its_author_goes_on_writing(
    server: Server, reader: MakeReader
) -> None:
    someone = reader()
    page = add_form(server, someone.page)
    uploads = Uploads(page)
    headline = page.get_by_label("Headline").locator("visible=true")
    status = page.locator("[data-pictures] [role=status]")
    headline.fill("Seen from")
    # A failed picture prevents sending the update.
    drop(page, file("broken.jpg"))
    page.get_by_role("button", name="Publish").click()
    expect(status).to_contain_text("This is sent as soon as")
    uploads.refuse("This is no picture.")
    expect(page.locator(".failed .picture-error")).to_have_text("This is no picture.")
    expect(status).to_have_class("visually-hidden")
    expect(status).to_be_empty()
    someone.complaints.clear()
    page.locator(".failed").get_by_role("button", name="Remove").click()
    drop(page, file("danube.jpg"), file("bridge.jpg"))
    for item in page.locator(".picture-item").all():
        item.get_by_label("Alt text").fill("The Danube")
        item.get_by_label("Credit line").fill("Ana")
    page.get_by_role("button", name="Publish").click()
    expect(status).to_contain_text("This is sent as soon as")
    expect(status).not_to_have_class("visually-hidden")
    headline.press("End")
    headline.press_sequentially(" above")
    expect(status).to_contain_text("Not sent")
    uploads.let_go(1)
    expect(page.locator("[name=pictures]")).to_have_count(1)
    page.get_by_role("button", name="Publish").click()
    expect(status).to_contain_text("This is sent as soon as")
    assert not Update.objects.exists()
    uploads.let_go(1)
    page.wait_for_url("**/update/?article__id__exact=*")
    update = Update.objects.get()
    assert (update.headline_en, update.pictures.count()) == ("Seen from above", 2)


def test_a_refused_file_shows_the_reason_and_the_others_upload(server: Server, reader: MakeReader) -> None:
    someone = reader()
    page = add_form(server, someone.page)
    drop(page, file("evil.svg", SVG.encode(), "image/svg+xml"), file("good.jpg"))
    expect(page.get_by_role("alert").locator("visible=true")).to_contain_text("SVG")
    expect(page.locator("[name=pictures]")).to_have_count(1)
    page.locator(".failed").get_by_role("button", name="Remove").click()
    expect(page.locator(".picture-item")).to_have_count(1)
    # The browser's console reports each refusal, too.
    assert [text for text in someone.complaints if "400" not in text] == []
    someone.complaints.clear()


def test_the_form_is_not_sent_without_a_picture_that_failed(server: Server, reader: MakeReader) -> None:
    someone = reader()
    page = add_form(server, someone.page)
    drop(page, file("evil.svg", SVG.encode(), "image/svg+xml"))
    expect(page.locator(".failed")).to_be_visible()
    page.get_by_label("Headline").locator("visible=true").fill("Seen from above")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("alert").locator("visible=true")).to_contain_text("hasn’t been uploaded")
    assert not Update.objects.exists()
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Publish").click()
    page.wait_for_url("**/update/?article__id__exact=*")
    assert Update.objects.get().headline_en == "Seen from above"
    assert [text for text in someone.complaints if "400" not in text] == []
    someone.complaints.clear()


def test_an_upload_resumes_after_the_connection_was_lost(server: Server, reader: MakeReader) -> None:
    page = add_form(server, reader().page)
    page.route("**/pictures/", lambda route: route.abort("internetdisconnected"))
    drop(page, file("far.jpg"))
    expect(page.locator(".picture-error")).to_contain_text("Trying again: far.jpg")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    page.unroute("**/pictures/")
    page.evaluate("() => dispatchEvent(new Event('online'))")
    expect(page.locator("[name=pictures]")).to_have_count(1)
    assert Picture.objects.count() == 1


def test_an_upload_can_be_cancelled(server: Server, reader: MakeReader) -> None:
    page = add_form(server, reader().page)
    page.route("**/pictures/", lambda _route: None)
    drop(page, file("far.jpg"))
    page.get_by_role("button", name="Cancel upload").click()
    expect(page.locator(".picture-item")).to_have_count(0)
    expect(page.get_by_role("button", name="Choose pictures")).to_be_focused()


def test_pictures_can_be_pasted_into_the_text_or_chosen_from_disk(server: Server, reader: MakeReader) -> None:
    page = add_form(server, reader().page)
    page.locator(".ProseMirror").locator("visible=true").evaluate(PASTE, [file("pasted.png", made("PNG"), "image/png")])
    expect(page.locator("[name=pictures]")).to_have_count(1)
    content = {"name": "chosen.jpg", "mimeType": "image/jpeg", "buffer": made()}
    page.set_input_files("[data-pictures] input[type=file]:not(.camera)", [content])
    expect(page.locator("[name=pictures]")).to_have_count(2)
    assert page.locator(".ProseMirror img").count() == 0


def test_the_browser_shrinks_a_huge_photo_and_keeps_its_metadata(server: Server, reader: MakeReader) -> None:
    page = add_form(server, reader().page)
    record = b"\x1c\x02\x6e\x00\x03Ana"
    iptc = b"Photoshop 3.0\x008BIM\x04\x04\x00\x00" + len(record).to_bytes(4, "big") + record
    noise = made(size=(8000, 6000), quality=95)
    huge = with_segment(0xED, iptc, noise + bytes(2_000_000))
    sizes: list[int] = []
    page.on(
        "request",
        lambda request: (
            sizes.append(int(request.headers.get("content-length", 0))) if request.method == "POST" else None
        ),
    )
    drop(page, file("huge.jpg", huge))
    expect(page.locator("[name=pictures]")).to_have_count(1)
    picture = Picture.objects.get()
    assert (picture.width, picture.height) == (2560, 1920)
    expect(page.get_by_label("Credit line")).to_have_value("Ana")


def test_the_browser_shrinks_files_with_too_many_pixels_of_every_format(server: Server, reader: MakeReader) -> None:
    page = add_form(server, reader().page)
    size = (6500, 6200)
    chart = Image.new("P", size, 1)
    chart.putpalette([0, 0, 0, 0, 0, 200])
    chart.paste(0, (0, 0, 3000, 6200))
    png, gif = io.BytesIO(), io.BytesIO()
    chart.save(png, "PNG", transparency=0)
    chart.save(gif, "GIF")
    assert len(png.getvalue()) < 2_000_000
    drop(page, file("chart.png", png.getvalue(), "image/png"), file("chart.gif", gif.getvalue(), "image/gif"))
    expect(page.locator("[name=pictures]")).to_have_count(2)
    for picture in Picture.objects.all():
        assert (picture.width, picture.height) == (2560, 2442)
    assert {Image.open(picture.image).getpixel((9, 9)) for picture in Picture.objects.all()} == {
        (255, 255, 255),
        (0, 0, 0),
    }
    # The photo of an article is a plain field.
    page.goto(f"{server.url}/admin/articles/article/{factories.article().pk}/change/")
    flat = made("JPEG", size, mode="L", quality=5)
    page.set_input_files("#id_photo", [{"name": "flat.jpg", "mimeType": "image/jpeg", "buffer": flat}])
    for field in ("alt", "credit"):
        page.locator(f"#id_photo_{field}_en").fill("Ana")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/admin/articles/article/")
    photo = Article.objects.get(photo__gt="").photo
    assert (photo.width, photo.height) == (2560, 2442)


def test_pictures_and_their_errors_are_saved_and_restored(server: Server, reader: MakeReader) -> None:
    page = add_form(server, reader().page)
    drop(page, file("one.jpg"))
    expect(page.locator("[name=pictures]")).to_have_count(1)
    page.get_by_label("Credit line").fill("Ana")
    page.get_by_label("Caption").fill("Kept")
    found = page.evaluate(
        """async () => {
          const address = document.querySelector('script[src*="update-form"]').src;
          const source = await (await fetch(address)).text();
          const { Pictures } = await import(new URL(source.match(/from "(.+?)"/)[1], address));
          const container = document.querySelector("[data-pictures]");
          const pictures = new Pictures(container);
          let heard = 0;
          container.closest("form").addEventListener("input", () => (heard += 1));
          const saved = JSON.parse(JSON.stringify(pictures));
          pictures.clear();
          const empty = [pictures.toJSON().length, document.querySelectorAll("[name=pictures]").length];
          pictures.restore(saved);
          const [{ id }] = saved;
          pictures.showErrors({ [`picture-${id}-credit`]: ["Whose?"] }, { [`picture-${id}-alt`]: "Empty?" });
          const told = [...container.querySelectorAll(".errorlist, .warninglist")].map((one) => one.textContent);
          const warned = container.querySelectorAll("[name$=-warned]").length;
          return { told, warned, saved, again: pictures.toJSON(), empty, heard };
        }"""
    )
    assert found["saved"] == found["again"]
    assert found["saved"][0]["credit"] == "Ana"
    assert (found["empty"], found["heard"]) == ([0, 0], 2)
    expect(page.get_by_label("Caption")).to_have_value("Kept")
    assert (sorted(found["told"]), found["warned"]) == (["Empty?", "Whose?"], 1)
    expect(page.get_by_label("Credit line")).to_have_accessible_description("Whose?")


def test_the_form_asks_for_a_missing_credit_line_beside_the_picture(server: Server, reader: MakeReader) -> None:
    page = add_form(server, reader().page)
    drop(page, file("one.jpg"))
    expect(page.locator("[name=pictures]")).to_have_count(1)
    page.get_by_label("Headline").locator("visible=true").fill("Seen")
    page.get_by_role("button", name="Publish").click()
    expect(page.locator(".picture-field .errorlist")).to_contain_text("credit line")
    expect(page.locator(".picture-field .warninglist")).to_contain_text("alt text")
    page.get_by_label("Credit line").fill("Ana")
    page.get_by_role("button", name="Publish").click()
    page.wait_for_url("**/update/?article__id__exact=*")
    assert Update.objects.get().pictures.get().alt_en == ""


def test_a_phone_loads_a_small_rendition_and_a_large_screen_a_large_one(server: Server, reader: MakeReader) -> None:
    article = factories.article()
    factories.update(article, pictures=(factories.picture((2400, 1600)),))
    for width, expected in ((360, 480), (1300, 720)):
        page = reader(viewport={"width": width, "height": 800}).open(server, article, "ar").page
        image = page.locator(".pictures img")
        image.scroll_into_view_if_needed()
        page.wait_for_function("() => document.querySelector('.pictures img').currentSrc.includes('webp')")
        chosen = re.search(r"/(\d+)w\.webp$", image.evaluate("image => image.currentSrc"))
        assert chosen
        assert int(chosen[1]) == expected
        page.wait_for_function("() => document.querySelector('.pictures img').naturalWidth > 0")
