"""The newsroom's brand: one row, the files that it names, and the links in header and footer."""

from __future__ import annotations

import hashlib
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from liveblog.branding import colours
from liveblog.constraints import DatabaseCheck
from liveblog.fields import LanguageField, LanguagesField, ShortTextField
from liveblog.languages import KNOWN
from liveblog.links import as_read

NAME_MAX_LENGTH = 60


class BrandFile(models.Model):
    """A logo, an icon or a font. Its name is a digest of its contents, so caches may keep it without a limit.

    It is in the database because it is small, changes in one transaction with the brand, and has to be served from the
    site's own origin: the content security policy and the rules for cross-origin fonts demand that.
    """

    digest = models.CharField(max_length=32, primary_key=True)
    extension = models.CharField(max_length=5)
    content = models.BinaryField()
    #: In CSS pixels, of a logo or icon.
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    #: The languages whose letters a font has, and its weights as CSS writes them.
    languages = LanguagesField(blank=True, default=list)
    weights = models.CharField(max_length=12, blank=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.name

    @classmethod
    def of(cls, content: bytes, extension: str, **facts: Any) -> BrandFile:
        digest = hashlib.sha256(content).hexdigest()[:32]
        return cls(digest=digest, extension=extension, content=content, **facts)

    @property
    def name(self) -> str:
        return f"{self.digest}.{self.extension}"

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES[self.extension]


#: By the extension of the file.
MEDIA_TYPES = {"svg": "image/svg+xml", "png": "image/png", "woff2": "font/woff2"}


def _file(label: Any) -> Any:
    return models.ForeignKey(BrandFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=label)


class Brand(models.Model):
    """The name and look of the site. Every field may be empty: there is a default that looks good for each."""

    class Headings(models.TextChoices):
        SERIF = "serif", pgettext_lazy("kind of typeface", "Serif")
        SANS = "sans", pgettext_lazy("kind of typeface", "Sans-serif")

    name = ShortTextField(_("name of the site"), max_length=NAME_MAX_LENGTH, blank=True)
    #: The name by language, where its spelling differs.
    names: Any = models.JSONField(default=dict, blank=True)
    publisher = ShortTextField(_("publisher"), max_length=120, blank=True)

    logo = _file(_("logo"))
    logo_dark = _file(_("logo for dark pages"))
    icon = _file(_("icon"))

    colour = ShortTextField(_("colour"), max_length=7, blank=True)
    colour_dark = ShortTextField(_("colour on dark pages"), max_length=7, blank=True)
    link = ShortTextField(_("links"), max_length=7, blank=True)
    link_dark = ShortTextField(_("links on dark pages"), max_length=7, blank=True)

    headings = models.CharField(_("headlines"), max_length=5, choices=Headings, default=Headings.SERIF)
    headline_font = _file(_("headline font"))
    text_font = _file(_("text font"))

    #: The number of saves, so that two people do not overwrite each other's changes.
    version = models.PositiveIntegerField(default=0, editable=False)

    COLOURS = ("colour", "colour_dark", "link", "link_dark")
    FILES = ("logo", "logo_dark", "icon", "headline_font", "text_font")

    class Meta:
        default_permissions = ("change",)
        verbose_name = _("name and look of the site")
        verbose_name_plural = _("name and look of the site")
        constraints = [DatabaseCheck(condition=models.Q(pk=1), name="one_brand")]

    def __str__(self) -> str:
        return self.name or gettext("name and look of the site")

    @classmethod
    def stored(cls) -> Brand:
        """Return the row, or one with all defaults that is not saved yet."""
        return cls.objects.select_related(*cls.FILES).filter(pk=1).first() or cls(pk=1)

    def clean(self) -> None:
        errors: dict[str, Any] = {}
        for field in self.COLOURS:
            if (written := getattr(self, field)) and (colour := colours.normal(written)):
                setattr(self, field, colour)
            elif written:
                errors[field] = _("Enter a colour as six digits, such as #12315c.")
        for field, message in self._faint_colours():
            errors.setdefault(field, message)
        if not isinstance(self.names, dict) or not set(self.names) <= set(KNOWN):
            errors["names"] = _("This isn’t a list of names by language.")
        if errors:
            raise ValidationError(errors)

    def _faint_colours(self) -> list[tuple[str, str]]:
        found = []
        for field in self.COLOURS:
            colour = getattr(self, field)
            if colours.normal(colour) is None:
                continue
            if field.startswith("colour"):
                ratio = colours.contrast(colours.text_on(colour), colour)
                message = gettext(
                    "Neither white nor black text is legible on this colour: the contrast is %(ratio)s to 1, but must"
                    " be at least 4.5 to 1. Choose a lighter or darker one."
                )
            else:
                pages = colours.DARK_PAGES if field.endswith("_dark") else colours.LIGHT_PAGES
                ratio = colours.least_contrast(colour, pages)
                message = gettext(
                    "Links in this colour are hard to read: their contrast is %(ratio)s to 1, but must be at least "
                    "4.5 to 1."
                )
            if ratio < colours.AA:
                found.append((field, message % {"ratio": colours.written(ratio)}))
        return found

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.version += 1
        super().save(*args, **kwargs)


class SiteLink(models.Model):
    """A link in the header or the footer of the site."""

    class Place(models.TextChoices):
        HEADER = "header", pgettext_lazy("part of a page", "Header")
        FOOTER = "footer", pgettext_lazy("part of a page", "Footer")

    class Kind(models.TextChoices):
        """Pages that most newsrooms have. The product translates their names."""

        IMPRINT = "imprint", _("Imprint")
        PRIVACY = "privacy", _("Privacy")
        CONTACT = "contact", _("Contact")
        OTHER = "other", _("Something else")

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="links")
    place = models.CharField(
        pgettext_lazy("part of a page", "place"), max_length=6, choices=Place, default=Place.FOOTER
    )
    kind = models.CharField(_("destination"), max_length=8, choices=Kind, default=Kind.OTHER)
    #: "" stands for all languages.
    language = LanguageField(_("language"), blank=True, default="")
    label = ShortTextField(_("link text"), max_length=60, blank=True)
    address = ShortTextField(_("link"), max_length=500)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("place", "position", "pk")
        default_permissions = ()
        verbose_name = _("link")
        verbose_name_plural = _("links")

    def __str__(self) -> str:
        return self.label or str(self.get_kind_display())

    def clean(self) -> None:
        errors: dict[str, Any] = {}
        if self.kind == self.Kind.OTHER and not self.label:
            errors["label"] = _("Enter the text of the link.")
        if self.address and not is_address(self.address):
            errors["address"] = _("Enter a URL that begins with https://, / or mailto:.")
        if errors:
            raise ValidationError(errors)


def is_address(text: str) -> bool:
    """Return whether a link may have this target: a page of this or another site, or an e-mail address."""
    read = as_read(text)
    if read is None or any(character.isspace() for character in text):
        return False
    return read.startswith(("https://", "http://", "mailto:")) or (read.startswith("/") and not read.startswith("//"))
