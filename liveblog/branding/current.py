"""The brand in the form that pages use. Each process keeps it in memory: see `liveblog.remembered`."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from liveblog.branding import colours, stylesheet
from liveblog.branding.colours import Band
from liveblog.branding.models import Brand, BrandFile, SiteLink
from liveblog.configuration import current as configuration
from liveblog.release import RELEASE
from liveblog.remembered import Remembered
from liveblog.wording import current as words

Place, Kind = SiteLink.Place, SiteLink.Kind


@dataclass(frozen=True)
class Picture:
    """A logo or icon."""

    url: str
    width: int
    height: int
    media_type: str
    content: bytes = field(repr=False, compare=False, default=b"")

    @property
    def is_wide(self) -> bool:
        """Return whether it is wide: a word mark, which contains the name."""
        return self.width >= 2 * self.height


@dataclass(frozen=True)
class Font:
    """A font file. `family` is the name by which style sheets know it."""

    family: str
    url: str
    languages: tuple[str, ...]
    weights: str
    content: bytes = field(repr=False, compare=False, default=b"")


@dataclass(frozen=True)
class Link:
    text: str
    url: str
    kind: str = ""


@dataclass(frozen=True)
class _StoredLink:
    place: str
    kind: str
    language: str
    label: str
    url: str


@dataclass(frozen=True)
class Branding:
    """The name and look of the site. Names and links are those of the active language."""

    own_name: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    own_publisher: str = ""
    logo: Picture | None = None
    logo_dark: Picture | None = None
    own_icon: Picture | None = None
    colour: str = ""
    colour_dark: str = ""
    link: str = ""
    link_dark: str = ""
    headings: str = Brand.Headings.SERIF
    headline_font: Font | None = None
    text_font: Font | None = None
    stored_links: tuple[_StoredLink, ...] = ()
    #: Whether this is a preview before saving. Its files then have no address.
    is_draft: bool = False

    @classmethod
    def of(cls, brand: Brand, links: list[SiteLink], *, is_draft: bool = False) -> Branding:
        """Return the branding of a row with its files. A draft contains its files as data: addresses."""
        address = _data_url if is_draft else _url
        return cls(
            own_name=brand.name,
            names={code: name for code, name in brand.names.items() if name},
            own_publisher=brand.publisher,
            logo=_picture(brand.logo, address),
            logo_dark=_picture(brand.logo_dark, address),
            own_icon=_picture(brand.icon, address),
            **{name: getattr(brand, name) for name in Brand.COLOURS},
            headings=brand.headings,
            headline_font=_font(brand.headline_font, "Newsroom Headlines", address),
            text_font=_font(brand.text_font, "Newsroom Text", address),
            stored_links=tuple(
                _StoredLink(each.place, each.kind, each.language, each.label, each.address) for each in links
            ),
            is_draft=is_draft,
        )

    @cached_property
    def digest(self) -> str:
        """Return a digest of this branding; "" if the site has changed no default."""
        return "" if self == _DEFAULT else hashlib.sha256(repr(self).encode()).hexdigest()[:16]

    # Names ----------------------------------------------------------------------------------------------------------

    @property
    def has_name(self) -> bool:
        return bool(self.own_name or self.names)

    @property
    def name(self) -> str:
        """Return the name of the site, in pages and on cards."""
        return self.name_in(get_language() or "en")

    def name_in(self, language: str) -> str:
        return self.names.get(language) or self.own_name or _("Live coverage")

    @property
    def title(self) -> str:
        """Return the title of the front page: the name, with a description."""
        return _("%(name)s – Live coverage") % {"name": self.name} if self.has_name else self.name

    @property
    def sender(self) -> str:
        """Return the name of the site where it stands alone, as in e-mails."""
        return self.names.get(get_language() or "en") or self.own_name or settings.PUBLISHER_NAME

    @property
    def publisher(self) -> str:
        """Return the name of the publisher, for feeds, search engines and the foot of pages."""
        return self.own_publisher or self.own_name or settings.PUBLISHER_NAME

    # Pictures -------------------------------------------------------------------------------------------------------

    @property
    def icon(self) -> Picture:
        """Return the icon for tabs, feeds and home screens."""
        return self.own_icon or Picture(static("liveblog/icon.svg"), 32, 32, "image/svg+xml")

    @property
    def raster_logo(self) -> Picture | None:
        """Return the logo for dark backgrounds as a raster image, None if there is none."""
        return next((one for one in (self.logo_dark, self.logo) if one and one.media_type != "image/svg+xml"), None)

    @property
    def publisher_logo(self) -> Picture:
        """Return the logo of the publisher, for search engines."""
        return self.logo or self.icon

    # Colours --------------------------------------------------------------------------------------------------------

    @property
    def band(self) -> Band:
        return Band.of(self.colour or colours.DEFAULT)

    @property
    def band_dark(self) -> Band:
        if self.colour_dark:
            return Band.of(self.colour_dark)
        return Band.of(colours.dark_band(self.colour) if self.colour else colours.DEFAULT_DARK)

    @property
    def link_colour(self) -> str:
        if not self.link and not self.colour:
            return colours.DEFAULT_LINK
        return colours.readable(self.link or self.colour, colours.LIGHT_PAGES)

    @property
    def link_colour_dark(self) -> str:
        if not (self.link_dark or self.link or self.colour):
            return colours.DEFAULT_LINK_DARK
        return colours.readable(self.link_dark or self.link or self.colour, colours.DARK_PAGES)

    # Style sheet ----------------------------------------------------------------------------------------------------

    @cached_property
    def styles(self) -> str:
        """Return the custom properties and fonts as a style sheet; "" if the site has changed no default."""
        return stylesheet.written(self)

    @property
    def styles_url(self) -> str:
        """Return the address of the style sheet, "" if there is none."""
        if not self.styles:
            return ""
        return reverse("brand-styles", args=[hashlib.sha256(self.styles.encode()).hexdigest()[:16]])

    @property
    def fonts(self) -> list[Font]:
        """Return the fonts that a page in the active language needs, for preload links."""
        language = get_language() or "en"
        return [font for font in (self.headline_font, self.text_font) if font and language in font.languages]

    # Links ----------------------------------------------------------------------------------------------------------

    @property
    def header_links(self) -> list[Link]:
        return self._links(Place.HEADER)

    @property
    def footer_links(self) -> list[Link]:
        return self._links(Place.FOOTER)

    def _links(self, place: str) -> list[Link]:
        """Return the links of a place: those of the active language, and those for all that it does not replace."""
        language = get_language() or "en"
        mine = [link for link in self.stored_links if link.place == place]
        own_kinds = {link.kind for link in mine if link.language == language and link.kind != Kind.OTHER}
        shown = [
            link for link in mine if link.language == language or (link.language == "" and link.kind not in own_kinds)
        ]
        return [Link(link.label or str(Kind(link.kind).label), link.url, link.kind) for link in shown]


_DEFAULT = Branding()


def _picture(file: BrandFile | None, address: Callable[[BrandFile], str]) -> Picture | None:
    if file is None:
        return None
    return Picture(address(file), file.width, file.height, file.media_type, bytes(file.content))


def _font(file: BrandFile | None, family: str, address: Callable[[BrandFile], str]) -> Font | None:
    if file is None:
        return None
    return Font(family, address(file), tuple(file.languages), file.weights, bytes(file.content))


def _url(file: BrandFile) -> str:
    return reverse("brand-file", args=[file.digest, file.extension])


def _data_url(file: BrandFile) -> str:
    return f"data:{file.media_type};base64,{base64.b64encode(bytes(file.content)).decode()}"


# In memory ------------------------------------------------------------------------------------------------------------


def _read() -> Branding:
    brand = Brand.objects.select_related(*Brand.FILES).prefetch_related("links").filter(pk=1).first()
    return Branding.of(brand, list(brand.links.all())) if brand else _DEFAULT


#: The default until the database has answered: a page without the name is better than no page.
in_memory: Remembered[Branding] = Remembered(_read, _DEFAULT)


def current() -> Branding:
    """Return the branding of the site. While the database does not answer, it is the last known one."""
    return in_memory.current()


def edition() -> str:
    """Return a key of all that pages depend on besides their contents: release, branding, settings and messages."""
    return "-".join(filter(None, (RELEASE, current().digest, configuration.digest(), words.edition())))


def context(request: Any) -> dict[str, Branding]:
    """Return the branding for templates; a context processor. A preview has its own."""
    return {"branding": getattr(request, "branding", None) or current()}
