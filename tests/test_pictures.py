"""Pictures are cleaned or refused with a reason, resized for every screen, described, and shown with their updates."""

from __future__ import annotations

import datetime
import io
import re
import zlib
from typing import Any, ClassVar

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image, ImageChops, ImageCms, ImageStat

from articles import changes
from articles.models import Picture, Update
from articles.pictures import processing, versions
from articles.publishing import syndication
from articles.translations import columns, desk, drafting
from tests import factories, nasty_files
from tests.actors import TEST
from tests.desks import DeskClient
from tests.forms import change_url, errors_of, member_of, opened
from tests.nasty_files import Nasty, made

pytestmark = pytest.mark.django_db

UPLOAD = "/admin/articles/update/pictures/"
REFUSED, TAKEN = list(nasty_files.refused()), list(nasty_files.taken())


def sent(client: Client, content: bytes, name: str = "photo.jpg", kind: str = "image/jpeg", **more: Any) -> Any:
    return client.post(UPLOAD, {"file": SimpleUploadedFile(name, content, kind), **more})


def uploaded(client: Client, content: bytes | None = None, **more: Any) -> Picture:
    answer = sent(client, content or made(size=(1600, 900)), **more)
    assert answer.status_code == 201, answer.content
    return Picture.objects.get(pk=answer.json()["id"])


def named(name: str) -> str:
    return re.sub(r"[^\w.-]", "_", name)


# Uploads --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("nasty", REFUSED, ids=[named(nasty.name) for nasty in REFUSED])
def test_a_useless_file_is_refused_with_a_reason(nasty: Nasty) -> None:
    with pytest.raises(ValidationError) as caught:
        processing.process_upload(ContentFile(nasty.content, nasty.name))
    assert caught.value.code in nasty.answer.split("|")
    answer = sent(member_of("Journalist"), nasty.content, nasty.name, nasty.content_type)
    assert answer.status_code == 400
    assert answer.json() == {"error": caught.value.messages[0]}
    assert not Picture.objects.exists()


@pytest.mark.parametrize("nasty", TAKEN, ids=[named(nasty.name) for nasty in TAKEN])
def test_only_the_picture_of_a_strange_file_is_kept(nasty: Nasty) -> None:
    picture = uploaded(member_of("Journalist"), nasty.content)
    content = picture.image.open().read()
    kept = Image.open(io.BytesIO(content))
    kept.load()
    assert kept.format in ("JPEG", "PNG")
    assert kept.mode == "RGB"
    assert (picture.width, picture.height) == kept.size
    assert not dict(kept.getexif())
    assert not kept.info.keys() - {"jfif", "jfif_version", "jfif_unit", "jfif_density", "progressive", "progression"}
    assert not re.search(rb"script|php|evil|Exif|GPS|8BIM|ICC_PROFILE|adobe", content)
    assert re.fullmatch(r"pictures/\d{4}/\d\d/[0-9a-f]{24}\.(jpg|png)", picture.image.name)


def test_a_photo_taken_sideways_is_turned_upright() -> None:
    picture = uploaded(member_of("Journalist"), made(size=(96, 64), exif=nasty_files.exif(orientation=6)))
    assert (picture.width, picture.height) == (64, 96)


def test_colours_follow_the_colour_profile() -> None:
    red = uploaded(member_of("Journalist"), made(mode="CMYK", colour=(0, 255, 255, 0)))
    r, g, b = Image.open(red.image).getpixel((5, 5))
    assert r > 200
    assert max(g, b) < 90


def test_a_picture_of_16_bits_becomes_8_bits_and_not_white() -> None:
    grey = uploaded(member_of("Journalist", "Editor"), made("PNG", mode="I;16", colour=32_768))
    assert 120 < Image.open(grey.image).getpixel((5, 5))[0] < 136


def drawing(*shapes: tuple[tuple[int, int, int, int], tuple[int, ...]]) -> bytes:
    """Return a transparent PNG with rectangles on it."""
    image = Image.new("RGBA", (200, 100))
    for box, colour in shapes:
        image.paste(colour, box)
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


BLACK, WHITE, GREY, RED = (0, 0, 0, 255), (255, 255, 255, 255), (120, 120, 120, 255), (255, 0, 0, 128)
AXIS, BAR, LABEL = (10, 90, 190, 92), (20, 40, 60, 90), (80, 10, 180, 30)


@pytest.mark.parametrize(
    ("shapes", "is_dark"),
    [
        ([(AXIS, BLACK), (BAR, GREY)], False),
        ([(AXIS, WHITE), (LABEL, WHITE), (BAR, GREY)], True),
        ([(LABEL, (255, 255, 0, 255))], True),
        # Black on a white label, and both side by side.
        ([(LABEL, WHITE), (AXIS, BLACK)], False),
        ([(BAR, RED)], False),
        ([], False),
    ],
)
def test_a_transparent_picture_gets_a_background_on_which_it_is_readable(shapes: Any, is_dark: bool) -> None:
    picture = uploaded(member_of("Journalist"), drawing(*shapes))
    kept = Image.open(picture.image)
    ground = (23, 25, 29) if is_dark else (255, 255, 255)
    assert (kept.format, kept.mode, kept.getpixel((2, 2))) == ("PNG", "RGB", ground)
    if shapes == [(BAR, RED)]:
        assert kept.getpixel((30, 60)) == (255, 127, 127)


@pytest.mark.parametrize("how", [{}, {"progressive": True}, {"mode": "CMYK", "colour": (9, 80, 200, 3)}])
def test_a_truncated_photo_only_lacks_its_last_rows(how: dict[str, Any]) -> None:
    noise = Image.effect_noise((960, 640), 80).convert(how.get("mode", "RGB"))
    data = io.BytesIO()
    noise.save(data, "JPEG", progressive=how.get("progressive", False))
    whole = data.getvalue()
    picture = uploaded(member_of("Journalist"), whole[:-300])
    assert picture.width == 960
    assert 608 <= picture.height < 640
    kept, expected = Image.open(picture.image), Image.open(data).convert("RGB")
    bottom = (0, picture.height - 8, 960, picture.height)
    difference = ImageStat.Stat(ImageChops.difference(kept.crop(bottom), expected.crop(bottom))).mean
    assert max(difference) < 12


def test_a_large_colour_profile_is_applied() -> None:
    swapped = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # The profile swaps red and green.
    swapped = swapped.replace(b"rXYZ", b"tmp!").replace(b"gXYZ", b"rXYZ").replace(b"tmp!", b"gXYZ")
    profile = zlib.compress(swapped + bytes(3_000_000))
    whole = made("PNG", mode="RGBA", colour=(255, 0, 0, 255))
    content = whole[:33] + nasty_files.chunk(b"iCCP", b"x\0\0" + profile) + whole[33:]
    red, green, _blue = Image.open(uploaded(member_of("Journalist"), content).image).getpixel((5, 5))
    assert red < 100
    assert green > 200


def test_a_large_photo_is_stored_smaller() -> None:
    picture = uploaded(member_of("Journalist"), made(size=(6000, 4000)))
    assert (picture.width, picture.height) == (2560, 1707)


def test_a_refusal_is_in_the_editors_language(settings: Any) -> None:
    client = member_of("Journalist")
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "ar"
    answer = sent(client, b"")
    assert answer.status_code == 400
    assert answer.headers["Content-Language"] == "ar"


@pytest.mark.parametrize("group", ["Translator", "Moderator"])
def test_only_users_who_write_updates_can_upload(group: str) -> None:
    answer = sent(member_of(group), made())
    assert answer.status_code == 403
    assert answer.json()["error"]
    assert Client().post(UPLOAD, {"file": SimpleUploadedFile("a.jpg", made())}).status_code == 302
    assert not Picture.objects.exists()


def test_an_upload_needs_the_forms_token() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_superuser("chief"))
    assert sent(client, made()).status_code == 403


def test_an_upload_must_be_a_post_with_one_file() -> None:
    client = member_of("Journalist")
    assert client.post(UPLOAD, {}).status_code == 400
    assert client.get(UPLOAD).status_code == 405


IPTC = b"".join(
    b"\x1c" + bytes(key) + len(value).to_bytes(2, "big") + value
    for key, value in {
        (1, 90): b"\x1b%G",
        (2, 80): "Олена Ткачук".encode(),
        (2, 110): b"Agency",
        (2, 120): "Die Straße\nheute früh".encode(),
    }.items()
)
RESOURCE = b"8BIM\x04\x04\x00\x00" + len(IPTC).to_bytes(4, "big") + IPTC + bytes(len(IPTC) % 2)
XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"
 xmlns:core="http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/" photoshop:Credit="Ana Ionescu / Agency">
<dc:creator><rdf:Seq><rdf:li>Ana Ionescu</rdf:li></rdf:Seq></dc:creator>
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">The bridge</rdf:li></rdf:Alt></dc:description>
<core:AltTextAccessibility><rdf:Alt><rdf:li xml:lang="x-default">A bridge\u202e at dusk</rdf:li></rdf:Alt>
</core:AltTextAccessibility></rdf:Description></rdf:RDF></x:xmpmeta>"""


def test_the_form_offers_the_metadata_of_an_agency() -> None:
    with_iptc = nasty_files.with_segment(0xED, b"Photoshop 3.0\x00" + RESOURCE)
    answer = sent(member_of("Journalist"), with_iptc).json()
    assert (answer["caption"], answer["credit"]) == ("Die Straße heute früh", "Олена Ткачук / Agency")
    with_xmp = nasty_files.with_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\x00" + XMP.encode())
    answer = sent(member_of("Editor"), with_xmp).json()
    assert (answer["caption"], answer["credit"]) == ("The bridge", "Ana Ionescu / Agency")
    assert answer["alt"] == "A bridge at dusk"


def test_the_metadata_of_a_photo_that_the_browser_shrank_comes_with_its_header() -> None:
    original = nasty_files.with_segment(0xED, b"Photoshop 3.0\x00" + RESOURCE, made(size=(3000, 2000)))
    head = SimpleUploadedFile("head.jpg", original[:2000])
    assert sent(member_of("Journalist"), made(), head=head).json()["credit"] == "Олена Ткачук / Agency"
    garbage = SimpleUploadedFile("head.jpg", b"\xff\xd8\xff garbage")
    assert sent(member_of("Editor"), made(), head=garbage).json()["credit"] == ""


# Renditions -----------------------------------------------------------------------------------------------------------


def test_each_screen_gets_its_own_size() -> None:
    picture = uploaded(member_of("Journalist"), made(size=(1600, 900)))
    found = picture.image.renditions
    assert list(found) == [240, 480, 720, 960, 1440]
    for width, address in found.items():
        rendition = Image.open(picture.image.storage.open(address.removeprefix("/media/")))
        assert (rendition.format, rendition.size[0]) == ("WEBP", width)
        assert not rendition.getexif()


@pytest.mark.django_db(transaction=True)
def test_a_failure_while_making_renditions_leaves_no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("chief"))
    storage = type(storages["default"])
    keep = storage.save
    stored: list[str] = []

    def full(self: Any, name: str, content: Any, **options: Any) -> str:
        if len(stored) == 3:
            raise OSError(28, "No space left on device")
        stored.append(name)
        return keep(self, name, content, **options)

    monkeypatch.setattr(storage, "save", full)
    answer = sent(client, made(size=(1600, 900)))
    assert answer.status_code == 503
    assert answer.json()["error"]
    assert not Picture.objects.exists()


class Watched(FileSystemStorage):
    """A record, for each file, of open database connections and of the number of pictures in processing."""

    seen: ClassVar[list[tuple[bool, int]]] = []

    def _save(self, name: str, content: Any) -> str:
        free = 0
        while processing.slots.acquire(blocking=False):
            free += 1
        for _ in range(free):
            processing.slots.release()
        self.seen.append((connection.connection is not None, 2 - free))
        return super()._save(name, content)


@pytest.mark.django_db(transaction=True)
def test_making_renditions_holds_no_database_connection_and_is_limited(settings: Any) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("chief"))
    Watched.seen.clear()
    with override_settings(STORAGES=settings.STORAGES | {"default": {"BACKEND": "tests.test_pictures.Watched"}}):
        uploaded(client)
    assert Watched.seen == [(False, 0), *[(False, 1)] * 5]


def test_every_file_is_re_encoded_whichever_way_it_is_saved() -> None:
    article = factories.article(photo=ContentFile(made(exif=nasty_files.exif(gps=True)), "a.jpg"),
                                photo_alt_en="x", photo_credit_en="x")  # fmt: skip
    assert not Image.open(article.photo).getexif()
    with pytest.raises(ValidationError):
        article.photo.save("a.jpg", ContentFile(made()[:600]))


def test_an_articles_photo_follows_the_same_rules_in_its_form() -> None:
    article = factories.article()
    client = member_of("Editor")
    words = {"photo_alt_en": "A", "photo_credit_en": "B"}
    bad = {**opened(client, article), **words, "photo": SimpleUploadedFile("x.jpg", nasty_files.SVG.encode())}
    assert "photo" in errors_of(client.post(change_url(article), bad))
    good = {**bad, "photo": SimpleUploadedFile("x.jpg", made(size=(1600, 900)))}
    assert client.post(change_url(article), good).status_code == 302
    article.refresh_from_db()
    assert len(article.photo.renditions) == 5


# In the form of an update ---------------------------------------------------------------------------------------------


def texts(picture: Picture, **fields: str) -> dict[str, str]:
    return {f"picture-{picture.pk}-{name}": text for name, text in fields.items()}


def form(article: Any, *pictures: Picture, **more: Any) -> dict[str, Any]:
    return {
        "article": article.pk,
        "source_language": "en",
        "body_en": "<p>Seen.</p>",
        "pictures-shown": "1",
        "pictures": [picture.pk for picture in pictures],
        **more,
    }


ADD = "/admin/articles/update/add/"
WORDS = {"alt": "A bridge", "caption": "At dusk", "credit": "Ana"}


def test_an_update_is_published_with_its_pictures_in_order() -> None:
    article, client = factories.article(), member_of("Journalist")
    first, second = uploaded(client), uploaded(client)
    data = form(article, second, first, _publish="1", **texts(first, **WORDS), **texts(second, **WORDS))
    assert client.post(ADD, data).status_code == 302
    update = Update.objects.get()
    assert list(update.pictures.all()) == [second, first]
    assert update.pictures.first().credit_en == "Ana"
    assert factories.log_of(article) == [(1, update.element)]


def test_changing_the_language_of_a_draft_moves_the_texts_of_its_pictures() -> None:
    desk = DeskClient(member_of("Journalist"), factories.article())
    picture = uploaded(desk.client)
    shown = {"pictures-shown": "1", "pictures": [picture.pk]}
    desk.write("draft", body="<p>Die Brücke.</p>", **shown, **texts(picture, alt="Eine Brücke", credit="Ana"))
    update = Update.objects.get()
    data = desk.opened(update) | shown | texts(picture, alt="Eine Brücke", credit="Ana")
    desk.rewrite(update, data, "publish", source_language="de")
    picture.refresh_from_db()
    assert (picture.alt_de, picture.credit_de) == ("Eine Brücke", "Ana")
    assert (picture.alt_en, picture.credit_en) == ("", "")
    assert update.translations.get(language="en").state == "missing"


def test_publishing_without_a_credit_line_shows_an_error_beside_its_field() -> None:
    article, client = factories.article(), member_of("Journalist")
    picture = uploaded(client)
    data = form(article, picture, **texts(picture, alt="A bridge", credit="  "))
    answer = client.post(ADD, {**data, "_publish": "1"})
    assert [error.code for error in errors_of(answer).as_data()["__all__"]] == ["pictures"]
    field = re.search(rf'<div class="picture-field">\s*<label for="id_picture-{picture.pk}-credit".*?</div>',
                      answer.content.decode(), re.DOTALL)  # fmt: skip
    assert field
    assert "errorlist" in field[0]
    assert not Update.objects.exists()
    # A draft can be saved without it, but not published.
    assert client.post(ADD, {**data, "_continue": "1"}).status_code == 302
    draft = Update.objects.get()
    assert draft.state == "draft"
    draft.state = Update.State.PUBLISHED
    with pytest.raises(ValidationError) as caught:
        draft.full_clean()
    assert f"picture-{picture.pk}-credit" in caught.value.error_dict


def test_an_editor_is_warned_once_about_a_missing_alternative_text() -> None:
    article, client = factories.article(), member_of("Journalist")
    picture = uploaded(client)
    data = form(article, picture, _publish="1", **texts(picture, credit="Ana"))
    answer = client.post(ADD, data)
    assert [error.code for error in errors_of(answer).as_data()["__all__"]] == ["warning"]
    html = answer.content.decode()
    assert f'name="picture-{picture.pk}-warned"' in html
    assert "warninglist" in html
    assert client.post(ADD, {**data, f"picture-{picture.pk}-warned": "1"}).status_code == 302
    update = Update.objects.get()
    # Saving the update again later does not repeat the warning.
    again = {**opened(client, update), **form(article, picture, **texts(picture, credit="Ana"))}
    assert client.post(change_url(update), again).status_code == 302


def test_a_form_that_sends_no_pictures_leaves_them_unchanged() -> None:
    update = factories.update(factories.article(), pictures=(factories.picture(),))
    client = member_of("Journalist")
    assert client.post(change_url(update), opened(client, update)).status_code == 302
    assert update.pictures.count() == 1


def test_a_user_cannot_attach_somebody_elses_picture() -> None:
    article, client = factories.article(), member_of("Journalist")
    of_another = factories.update(article, pictures=(factories.picture(),)).pictures.get()
    not_yet_saved = uploaded(member_of("Editor"))
    for picture in (of_another, not_yet_saved, Picture(pk=10**12)):
        answer = client.post(ADD, form(article, picture, **texts(picture, **WORDS)))
        assert "__all__" in errors_of(answer)
    of_another.refresh_from_db()
    assert of_another.update is not None


def test_a_text_that_is_too_long_shows_an_error_beside_its_field() -> None:
    article, client = factories.article(), member_of("Journalist")
    picture = uploaded(client)
    answer = client.post(ADD, form(article, picture, **texts(picture, credit="x" * 201, alt="a")))
    assert "__all__" in errors_of(answer)
    assert not Update.objects.exists()


def test_a_removed_picture_can_be_restored() -> None:
    article, client = factories.article(), member_of("Journalist")
    first, second = factories.picture(alt_de="Saal"), factories.picture(alt_en="Two")
    update = factories.update(article, pictures=(first, second))
    before = versions.as_data(update)
    data = {**opened(client, update), **form(article, second, **texts(second, alt="New", credit="Ana"))}
    assert client.post(change_url(update), data).status_code == 302
    assert list(update.pictures.all()) == [second]
    assert Picture.objects.get(pk=first.pk).image.storage.exists(first.image.name)
    with changes.edit(update):
        versions.from_data(update, before)
    assert versions.as_data(update) == before
    assert update.pictures.first().alt_de == "Saal"
    assert len(factories.log_of(article)) == 3


def test_a_version_of_another_update_does_not_bring_its_pictures() -> None:
    article = factories.article()
    mine, other = (factories.update(article, pictures=(factories.picture(),)) for _ in range(2))
    with changes.edit(mine):
        versions.from_data(mine, versions.as_data(other))
    assert mine.pictures.count() == 0
    assert other.pictures.count() == 1


# For readers ----------------------------------------------------------------------------------------------------------


def test_readers_get_the_picture_in_the_size_of_their_screen(client: Client) -> None:
    article = factories.article()
    picture = factories.picture((1600, 900), alt_de="Der Saal", caption_en="Before the talks")
    factories.update(article, body_en="<p>x</p>", body_de="<p>x</p>", pictures=(picture,))
    html = client.get(article.url("de")).content.decode()
    [shown] = re.findall(r"<picture>.*?</picture>", html, re.DOTALL)
    assert re.search(
        r'<source type="image/webp" srcset="\S+/240w.webp 240w, .*/1440w.webp 1440w" sizes="[^"]+">', shown
    )
    assert 'width="1600" height="900" alt="Der Saal" loading="lazy"' in shown
    assert '<span class="caption" lang="en" dir="ltr">Before the talks</span>' in html
    for address in re.findall(r"/media/\S+?\.(?:webp|jpg)", html):
        assert client.get(address).status_code == 200


def test_metadata_for_machines_and_sharing_lists_all_pictures(client: Client, settings: Any) -> None:
    article = factories.article()
    update = factories.update(article, pictures=(factories.picture(), factories.picture(credit_en="Photo: B")))
    [posting] = client.get(f"{article.url('en')}liveblog.json").json()["liveBlogUpdate"]
    assert [image["creditText"] for image in posting["image"]] == ["Photo: I. Moraru", "Photo: B"]
    assert all(image["url"].startswith(settings.SITE_URL) for image in posting["image"])
    # The card comes first: networks show the first one.
    assert client.get(update.url("en")).content.decode().count('property="og:image" content="http') == 3


def test_more_pictures_take_no_more_queries(client: Client) -> None:
    def queries(count: int) -> int:
        article = factories.article()
        for _ in range(count):
            factories.update(article, pictures=(factories.picture(), factories.picture()))
        with CaptureQueriesContext(connection) as seen:
            client.get(article.url("ar"))
        return len(seen)

    assert queries(1) == queries(4)


# Translation ----------------------------------------------------------------------------------------------------------


def test_the_texts_of_pictures_are_translated_and_reviewed_with_the_update(client: Client) -> None:
    article = factories.article()
    update = factories.update(article, body_en="<p>x</p>", pictures=(factories.picture(caption_en="Before"),))
    picture = update.pictures.get()
    row = update.translations.get(language="de")
    assert columns.texts_of(update, "en").keys() == {
        "body", *(f"picture-{picture.pk}-{name}" for name in ("alt", "caption", "credit"))
    }  # fmt: skip
    translator = member_of("Translator")
    page = translator.get(f"/admin/articles/translation/{row.pk}/change/")
    assert page.status_code == 200
    assert picture.image.thumbnail in page.content.decode()
    written = {
        "stamp": desk.version_token(row),
        "body-0": "<p>y</p>",
        f"picture-{picture.pk}-alt-0": "Der Saal",
        f"picture-{picture.pk}-caption-0": "Vorher",
        f"picture-{picture.pk}-credit-0": "Foto: I. Moraru",
        "_accept": "1",
    }
    assert translator.post(f"/admin/articles/translation/{row.pk}/change/", written).status_code == 302
    row.refresh_from_db()
    picture.refresh_from_db()
    assert (row.state, picture.alt_de, picture.alt_en) == ("reviewed", "Der Saal", "The hall")
    assert 'alt="Der Saal"' in client.get(article.url("de")).content.decode()


def test_a_machine_drafts_the_texts_of_pictures_with_the_update() -> None:
    article = factories.article()
    update = factories.update(article, body_en="<p>x</p>", pictures=(factories.picture(), factories.picture()))
    first, second = update.pictures.all()
    source = columns.texts_of(update, "en")
    drafts = {field: text.replace("The hall", "Der Saal") for field, text in source.items()}
    row = update.translations.get(language="de")
    assert drafting.store(row, drafts, source=source, engine="deepl", problems={})
    first.refresh_from_db()
    assert (first.alt_de, first.credit_de, second.alt_en) == ("Der Saal", "Photo: I. Moraru", "The hall")
    # The machine translated an older caption, which was corrected meanwhile.
    Picture._base_manager.filter(pk=second.pk).update(alt_en="The other hall")
    assert not drafting.store(row, drafts, source=source, engine="deepl", problems={})


def test_a_changed_caption_outdates_the_translations() -> None:
    article = factories.article()
    picture = factories.picture(caption_en="Before", caption_de="Vorher")
    update = factories.update(article, body_en="<p>x</p>", body_de="<p>y</p>", pictures=(picture,))
    assert not update.translations.get(language="de").outdated
    with changes.edit(update):
        picture.caption_en = "After"
        picture.save()
    assert update.translations.get(language="de").outdated


def test_pictures_without_an_update_text_are_translated_by_their_own_texts(client: Client) -> None:
    article = factories.article()
    words = {"alt_uk": "Зала", "credit_uk": "Фото: І. Морару"}
    update = factories.update(article, kind="pictures", body_en="", pictures=(factories.picture(**words),))
    found = {row.language: row.state for row in update.translations.all()}
    assert found == {"uk": "reviewed", "de": "missing", "ar": "missing"}
    assert 'alt="Зала"' in client.get(article.url("uk")).content.decode()
    with pytest.raises(ValidationError):
        factories.update(article, kind="pictures", body_en="")


# Files ----------------------------------------------------------------------------------------------------------------


def test_unused_uploads_are_deleted() -> None:
    client = member_of("Journalist")
    _orphan, fresh = uploaded(client), uploaded(client)
    used = factories.picture()
    removed = factories.picture()
    update = factories.update(factories.article(), pictures=(used, removed))
    with changes.edit(update):
        versions.put(update, [used])
    long_ago = timezone.now() - datetime.timedelta(days=9)
    Picture._base_manager.exclude(pk=fresh.pk).update(uploaded_at=long_ago)
    call_command("prune_pictures", days=7, verbosity=0)
    assert set(Picture.objects.all()) == {fresh, used, removed}


@pytest.mark.django_db(transaction=True)
def test_a_file_is_deleted_with_the_last_update_that_shows_it() -> None:
    update = factories.update(factories.article(), pictures=(factories.picture((1600, 900)),))
    [copy] = syndication.copy_to(update, [factories.article()], TEST)
    image = update.pictures.get().image
    rendition = image.renditions[240].removeprefix("/media/")
    update.delete()
    assert image.storage.exists(rendition)
    copy.delete()
    assert not image.storage.exists(rendition)
    assert not image.storage.exists(image.name)
