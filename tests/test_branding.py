"""The newsroom's name, logos, colours, fonts and links appear throughout the site."""

import io
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import translation
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from articles.cards import drawing
from liveblog import emails
from liveblog.audit.models import Entry
from liveblog.branding import colours, current, drawings, fonts
from liveblog.branding.models import Brand, BrandFile, SiteLink
from tests import factories, newsroom

pytestmark = pytest.mark.django_db

LOOK = "/admin/settings/look/"

#: An SVG with all forbidden elements and attributes.
HOSTILE = b"""<?xml version="1.0"?>
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 40 20" onload="x()">
<script>alert(1)</script><style>@import url(https://evil.example/a.css);</style>
<foreignObject><body xmlns="http://www.w3.org/1999/xhtml"/></foreignObject>
<image xlink:href="https://evil.example/a.png"/><a xlink:href="javascript:x()"><path d="M0 0"/></a>
<rect width="40" height="20" fill="url(#g)" style="fill:url(https://evil.example/b)" onclick="x()"/>
<use href="https://evil.example/c.svg#a"/></svg>"""


def saved(**fields: Any) -> Brand:
    """Save a look of the site, and load it in this process."""
    brand = Brand(pk=1, **fields)
    brand.full_clean()
    brand.save()
    known()
    return brand


def known() -> None:
    """Load the look of the site, which happens after a commit."""
    current.in_memory.keep(current._read(), 86_400)


def font(letters: str, weight: int = 700) -> bytes:
    """Return a WOFF2 font with these letters."""
    builder = FontBuilder(1000, isTTF=True)
    names = [".notdef", *(f"u{ord(letter):04x}" for letter in letters)]
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(letter): f"u{ord(letter):04x}" for letter in letters})
    builder.setupGlyf({name: TTGlyphPen(None).glyph() for name in names})
    builder.setupHorizontalMetrics(dict.fromkeys(names, (500, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Test", "styleName": "Bold"})
    builder.setupOS2(usWeightClass=weight)
    builder.setupPost()
    data = io.BytesIO()
    builder.save(data)
    whole = TTFont(io.BytesIO(data.getvalue()))
    whole.flavor = "woff2"
    packed = io.BytesIO()
    whole.save(packed)
    return packed.getvalue()


LATIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def png(width: int = 128, height: int = 128) -> bytes:
    data = io.BytesIO()
    Image.new("RGBA", (width, height), (200, 20, 40, 255)).save(data, "PNG")
    return data.getvalue()


@pytest.fixture
def editor(client: Client) -> Client:
    client.force_login(newsroom.user("ioana", "Editor"))
    return client


def form(**changes: Any) -> dict[str, Any]:
    links = {"links-TOTAL_FORMS": "2", "links-INITIAL_FORMS": "0", "links-MIN_NUM_FORMS": "0"}
    return {"headings": "serif", "seen": "0", **links, **changes}


# Readers' pages -------------------------------------------------------------------------------------------------------


def test_the_name_of_the_site_is_in_pages_cards_feeds_and_emails_in_each_language(client: Client) -> None:
    article = factories.article(slug="summit")
    update = factories.update(article)
    card = article.url("ar")
    before = client.get(card).content.decode()
    saved(name="Meridian", names={"ar": "ميريديان"}, publisher="Meridian Media SRL")
    page = client.get("/en/live/summit/").content.decode()
    assert "Meridian</span></a>" in page.replace("\n", "")
    assert 'og:site_name" content="Meridian"' in page
    assert "© Meridian Media SRL" in page
    assert "Live coverage</" not in page
    arabic = client.get("/ar/live/summit/").content.decode()
    assert "ميريديان" in arabic
    assert "Meridian<" not in arabic
    # The preview picture of a link shows the name, so it is a new one.
    assert _card_of(before) != _card_of(arabic)
    feed = client.get("/en/live/summit/feed.atom").content.decode()
    assert "<name>Meridian Media SRL</name>" in feed
    assert "Meridian – Live coverage" in client.get("/en/feed.atom").content.decode()
    assert client.get(update.url("en")).status_code == 200
    assert emails.sender().startswith("Meridian <")
    with translation.override("en"):
        assert current.current().title == "Meridian – Live coverage"


def _card_of(page: str) -> str:
    return page.partition('og:image" content="')[2].partition('"')[0]


def test_a_change_of_the_look_makes_cached_pages_new(client: Client) -> None:
    factories.article(slug="summit")
    first = client.get("/en/live/summit/")
    same = client.get("/en/live/summit/", headers={"If-None-Match": first["ETag"]})
    assert same.status_code == 304
    saved(name="Meridian")
    changed = client.get("/en/live/summit/", headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200
    assert "Meridian" in changed.content.decode()


def test_links_are_those_of_the_language_and_imprint_has_its_name_in_each(client: Client) -> None:
    brand = saved(name="Meridian")
    for fields in (
        {"kind": "imprint", "address": "/imprint/"},
        {"kind": "imprint", "address": "https://meridian.example/impressum", "language": "de"},
        {"kind": "contact", "address": "mailto:desk@meridian.example"},
        {"kind": "other", "address": "https://meridian.example/", "label": "All news", "place": "header"},
    ):
        SiteLink.objects.create(brand=brand, **fields)
    known()
    english, german = (client.get(f"/{code}/").content.decode() for code in ("en", "de"))
    assert '<a href="/imprint/">Imprint</a>' in english
    assert '<a href="https://meridian.example/impressum">Impressum</a>' in german
    assert '"/imprint/"' not in german
    for page in (english, german):
        assert 'href="mailto:desk@meridian.example"' in page
        assert '<li><a href="https://meridian.example/">All news</a></li>' in page


def test_a_site_that_has_chosen_nothing_loads_nothing_more(client: Client) -> None:
    page = client.get("/en/").content.decode()
    assert "/brand/" not in page
    assert ">Live coverage</span></a>" in page.replace("\n", "")


# Colours --------------------------------------------------------------------------------------------------------------

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@given(COLOURS)
def test_shades_for_links_can_be_read_whatever_the_colour(colour: str) -> None:
    for pages in (colours.LIGHT_PAGES, colours.DARK_PAGES):
        shade = colours.readable(colour, pages)
        assert colours.least_contrast(shade, pages) >= colours.AA
        if colours.least_contrast(colour, pages) >= colours.AA:
            assert shade == colour


@given(COLOURS)
def test_texts_on_each_band_that_is_accepted_can_be_read(colour: str) -> None:
    if colours.contrast(colours.text_on(colour), colour) < colours.AA:
        with pytest.raises(ValidationError, match=r"4\.5 to 1"):
            Brand(pk=1, colour=colour).clean()
        return
    Brand(pk=1, colour=colour).clean()
    band = colours.Band.of(colour)
    assert colours.contrast(band.text, colour) >= colours.AA
    assert colours.contrast(band.soft, colour) >= colours.AA
    dark = colours.Band.of(colours.dark_band(colour))
    assert colours.contrast(dark.soft, dark.band) >= colours.AA


def test_a_contrast_has_the_decimal_sign_of_the_language() -> None:
    with translation.override("de"), pytest.raises(ValidationError, match="4,3 zu 1"):
        Brand(pk=1, colour="#7c7c7c", link="#808080").clean()


def test_the_formula_is_that_of_wcag() -> None:
    assert colours.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert colours.contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    assert colours.normal(" 0AF ") == "#00aaff"
    assert colours.normal("red") is None


@pytest.mark.parametrize(("language", "written"), [("en", "4.4"), ("es", "4,4"), ("ar", "4.4")])
def test_contrast_is_rounded_down_and_written_as_the_language_writes_numbers(language: str, written: str) -> None:
    with translation.override(language):
        assert colours.written(4.49) == written


@pytest.mark.parametrize(
    ("field", "value"),
    [("link", "#ffcc00"), ("link_dark", "#12315c"), ("colour", "blue"), ("colour", "#12"), ("colour", "#7c7c7c")],
)
def test_colours_that_cannot_be_read_are_refused_beside_their_field(editor: Client, field: str, value: str) -> None:
    page = editor.post(LOOK, form(**{field: value}))
    assert page.status_code == 200
    assert page.context["form"].errors.keys() == {field}
    assert not Brand.objects.exists()


def test_the_colours_are_custom_properties_of_a_style_sheet_from_the_site_itself(client: Client) -> None:
    saved(colour="#0b5d57")
    page = client.get("/en/")
    address = page.content.decode().partition("/brand/")[2].partition('"')[0]
    sheet = client.get(f"/brand/{address}")
    styles = sheet.content.decode()
    assert "--brand: light-dark(#0b5d57," in styles
    assert "immutable" in sheet["Cache-Control"]
    assert "style" not in page.content.decode().partition("<body")[2].partition(">")[0]
    # An older page gets the present colours, which are not cached under the former address.
    older = client.get("/brand/0123456789abcdef.css")
    assert older.content == sheet.content
    assert "immutable" not in older["Cache-Control"]


# Logos and fonts ------------------------------------------------------------------------------------------------------


def test_an_svg_logo_keeps_only_its_drawing() -> None:
    found = drawings.drawing_of(ContentFile(HOSTILE, "logo.svg"))
    text = found.content.decode()
    assert (found.extension, found.width, found.height) == ("svg", 1000, 500)
    for trace in ("script", "evil", "onload", "onclick", "foreignObject", "javascript", "image"):
        assert trace not in text
    assert 'fill="url(#g)"' in text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg",
        b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        b'<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1">&a;</svg>',
        b'<html xmlns="http://www.w3.org/1999/xhtml"/>',
        b"GIF89a",
        png(200, 20),
        png()[:200],
        png(2400, 100),
        b"x" * (drawings.MAX_BYTES + 1),
    ],
)
def test_files_that_are_no_logo_are_refused(content: bytes) -> None:
    with pytest.raises(ValidationError):
        drawings.drawing_of(ContentFile(content, "logo.svg"))


def test_a_font_is_used_in_the_languages_whose_letters_it_has(client: Client) -> None:
    facts = fonts.facts_of(ContentFile(font(f"{LATIN}äöüÄÖÜß", 650), "head.woff2"))
    assert (facts.languages, facts.weights) == (["en", "de"], "650")
    for content in (b"", b"wOF2 and then nothing", font("абв"), png()):
        with pytest.raises(ValidationError):
            fonts.facts_of(ContentFile(content, "head.woff2"))
    stored = BrandFile.of(font(LATIN), "woff2", languages=["en"], weights="700")
    stored.save()
    saved(headline_font=stored)
    english, german = (client.get(f"/{code}/").content.decode() for code in ("en", "de"))
    assert f'rel="preload" href="/brand/{stored.name}"' in english
    assert "preload" not in german
    styles = current.current().styles
    assert ':is(:lang(en)) {\n  --display: "Newsroom Headlines", var(--serif);' in styles
    answer = client.get(f"/brand/{stored.name}")
    assert (answer.status_code, answer["Content-Type"]) == (200, "font/woff2")


def test_a_card_bears_the_logo_and_the_colour() -> None:
    look = drawing.Look("#0b5d57", "#ffffff", "#cfe5e2", png())
    image = Image.open(io.BytesIO(drawing.draw(drawing.Card("Talks", "en", "Meridian", look=look))))
    red, green, blue = image.getpixel((1180, 20))
    assert (abs(red - 0x0B), abs(green - 0x5D), abs(blue - 0x57)) < (8, 8, 8)
    # The logo of the test is red.
    assert image.getpixel((80, 560))[0] > 150


# In the newsroom ------------------------------------------------------------------------------------------------------


def test_an_editor_gives_the_site_its_look_and_sees_it_first(editor: Client) -> None:
    factories.update(factories.article(slug="summit"))
    page = editor.get(LOOK)
    assert page.status_code == 200
    files = {"logo": ContentFile(HOSTILE, "logo.svg"), "icon": ContentFile(png(), "icon.png")}
    data = form(
        name="Meridian",
        name_ar="ميريديان",
        colour="0b5d57",
        **{
            "links-0-kind": "imprint",
            "links-0-address": "/imprint/",
            "links-0-place": "footer",
            "links-0-language": "",
        },
    )
    shown = editor.post(f"{LOOK}preview/", data | files | {"preview_language": "ar"}).json()
    assert shown["errors"] == {}
    assert "ميريديان" in shown["page"]
    assert "<script" not in shown["page"]
    assert "--brand: light-dark(#0b5d57" in shown["styles"]
    assert shown["card"].startswith("data:image/jpeg;base64,")
    assert "ميريديان" in shown["mail"]
    assert not Brand.objects.exists()
    for file in files.values():
        file.seek(0)
    assert editor.post(LOOK, data | files).status_code == 302
    brand = Brand.stored()
    assert (brand.name, brand.names, brand.colour) == ("Meridian", {"ar": "ميريديان"}, "#0b5d57")
    assert (brand.logo.extension, brand.icon.extension) == ("svg", "png")
    assert [link.address for link in brand.links.all()] == ["/imprint/"]
    entry = Entry.objects.get(action="site_changed")
    assert {"name", "logo", "links"} <= set(entry.details["changed"])
    # A second user with an outdated page does not overwrite the changes of the first one.
    again = editor.post(LOOK, form(name="Other"))
    assert again.context["form"].non_field_errors()
    assert Brand.stored().name == "Meridian"


def test_bad_links_are_refused_and_nothing_is_saved(editor: Client) -> None:
    for address in ("javascript:alert(1)", "//evil.example", "imprint", "https://bank.example@evil.example/", "/a b"):
        row = {"links-0-kind": "imprint", "links-0-address": address, "links-0-place": "footer"}
        page = editor.post(LOOK, form(name="Meridian", **row))
        assert page.status_code == 200, address
        assert page.context["links"].errors[0].keys() == {"address"}
    nameless = {"links-0-kind": "other", "links-0-address": "/about/", "links-0-place": "footer"}
    assert editor.post(LOOK, form(**nameless)).context["links"].errors[0].keys() == {"label"}
    assert not Brand.objects.exists()


def test_only_editors_may_change_the_look(client: Client) -> None:
    client.force_login(newsroom.user("mara", "Journalist"))
    assert client.get(LOOK).status_code == 403
    assert client.post(f"{LOOK}preview/", form()).status_code == 403
