"""The base classes of articles and updates, and the bylines and topics to which both refer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case, F, Prefetch, Q, When, prefetch_related_objects
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from modeltranslation.translator import translator

from articles import changes
from articles.choices import Errors, UpdateState
from articles.pictures.fields import PhotoField
from articles.policies import PoliciesField
from articles.text.localized import Text, text_in
from articles.text.plaintext import LineField
from articles.translations import columns
from liveblog.constraints import DatabaseCheck
from liveblog.fields import LongTextField, SourceLanguageField
from liveblog.languages import KNOWN, column
from liveblog.links import as_read
from liveblog.lists import sort_key

if TYPE_CHECKING:
    from articles.models.update import Update


def in_source_language(name: str, *fields: str, unless: Q | None = None) -> list[DatabaseCheck]:
    """Return the constraints that rows have text in their source language, in at least one of the translated `fields`.

    There is one for each language, so that a language can be added without a new constraint for the others.

    unless   the rows that need none
    """
    found = []
    for language in KNOWN:
        wanted = ~Q(source_language=language)
        for field in fields:
            # A comparison with NULL is neither true nor false, and a check constraint lets both pass.
            text = column(field, language)
            wanted |= Q(**{f"{text}__isnull": False, f"{text}__gt": ""})
        condition = wanted if unless is None else unless | wanted
        found.append(DatabaseCheck(condition=condition, name=column(name, language)))
    return found


def set_prefetched(row: models.Model, relation: str, related: list[Any]) -> None:
    """Set the prefetched rows of a relation of `row`, as `prefetch_related` would."""
    found = getattr(row, relation).get_queryset()
    found._result_cache, found._prefetch_done = related, True
    row.__dict__.setdefault("_prefetched_objects_cache", {})[relation] = found


class NamedOnPages(models.Model):
    """A row whose name is on pages: when the name changes or the row is deleted, those pages reload."""

    #: Columns that no page shows.
    UNSEEN: ClassVar[frozenset[str]] = frozenset()

    objects = changes.NamedQuerySet.as_manager()

    class Meta:
        abstract = True

    def pages_naming_it(self) -> list[int]:
        """Return the primary keys of the articles whose pages name it."""
        raise NotImplementedError

    def updates_naming_it(self) -> Iterable[Update]:
        """Return the updates that name it."""
        return ()

    def delete(self, using: str | None = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        with changes.removing_name(self):
            return super().delete(using, keep_parents)


class Author(NamedOnPages):
    """A byline. If it belongs to an account, the posts of that account carry it by default.

    The name is written in the script of each language; readers of a language without one get the original.
    """

    UNSEEN = frozenset({"user", "photo", "photo_width", "photo_height", "links"})

    # Repeated for the type checker.
    objects = changes.NamedQuerySet.as_manager()  # type: ignore[misc]

    source_language = SourceLanguageField(
        _("language of the name"), default="en", help_text=_("The language in which the author’s name is written.")
    )
    name = LineField(pgettext_lazy("of a person", "name"), max_length=120)
    role = LineField(_("role"), max_length=120, blank=True, help_text=_("For example: Brussels correspondent."))
    place = LineField(_("place"), max_length=120, blank=True)
    photo = PhotoField(_("picture"), blank=True, width_field="photo_width", height_field="photo_height")
    photo_width = models.PositiveIntegerField(null=True, blank=True, editable=False)
    photo_height = models.PositiveIntegerField(null=True, blank=True, editable=False)
    links = LongTextField(
        _("links"),
        max_length=2000,
        blank=True,
        help_text=_("One URL per line: a personal page, a profile, or mailto: followed by an email address."),
    )
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="author",
        verbose_name=_("account"),
    )

    class Meta:
        ordering = ("pk",)
        verbose_name = _("author")
        verbose_name_plural = _("authors")
        constraints = [
            *in_source_language("author_has_a_name", "name"),
            *(
                models.UniqueConstraint(
                    fields=[column("name", code)],
                    condition=Q(**{f"{column('name', code)}__gt": ""}),
                    name=column("one_author_of_a_name", code),
                )
                for code in KNOWN
            ),
        ]

    def __str__(self) -> str:
        return text_in(self, "name", self.source_language)

    @classmethod
    def original_name(cls) -> Case:
        """Return the original name as an expression of the database."""
        names = (When(source_language=code, then=F(column("name", code))) for code in KNOWN)
        return Case(*names, output_field=models.CharField())

    def name_for(self, language: str) -> Text:
        """Return the name for readers of a language."""
        if name := text_in(self, "name", language):
            return Text(name, language, language)
        return Text(str(self), self.source_language, language)

    def text_for(self, field: str, language: str) -> Text:
        """Return the role or place for readers of a language; it may be empty."""
        for code in (language, self.source_language):
            if value := text_in(self, field, code):
                return Text(value, code, language)
        return Text("", language, language)

    def link_list(self) -> list[tuple[str, str]]:
        """Return the links for readers: the text, which is the host or the e-mail address, and the address."""
        addresses = filter(None, map(as_read, self.links.split()))
        return [(_words_of(address), address) for address in addresses]

    def url(self, language: str) -> str:
        return reverse("author", args=[language, self.pk])

    @staticmethod
    def bylines(authors: Iterable[Author], language: str) -> list[Text]:
        """Return the names of authors for readers of a language, in its alphabetical order."""
        return [author.name_for(language) for author in Author.by_name(authors, language)]

    @staticmethod
    def by_name(authors: Iterable[Author], language: str) -> list[Author]:
        """Return authors in the alphabetical order of their names in a language."""
        return sorted(authors, key=lambda author: sort_key(author.name_for(language).value, language))

    def clean(self) -> None:
        errors: Errors = {}
        if self.source_language and not text_in(self, "name", self.source_language):
            errors[column("name", self.source_language)] = _("Enter the name in this language.")
        others = type(self)._default_manager.exclude(pk=self.pk)
        for code in KNOWN:
            name = text_in(self, "name", code)
            if name and others.filter(**{column("name", code): name}).exists():
                errors[column("name", code)] = _("There is already an author with this name.")
        if any(not _is_link(line) for line in self.links.split()):
            errors["links"] = _("Enter one URL per line, each beginning with https:// or mailto:.")
        if errors:
            raise ValidationError(errors)

    def save(self, *args: Any, **kwargs: Any) -> None:
        with changes.renaming(self, "source_language", *(column("name", code) for code in KNOWN)):
            super().save(*args, **kwargs)

    def pages_naming_it(self) -> list[int]:
        own = self.articles.values_list("pk", flat=True)
        published = self.updates.filter(state=UpdateState.PUBLISHED)
        return sorted({*own, *published.values_list("article_id", flat=True)})

    def updates_naming_it(self) -> Iterable[Update]:
        return self.updates.all()


def _is_link(address: str) -> bool:
    read = as_read(address)
    return read is not None and read.startswith(("https://", "http://", "mailto:"))


def _words_of(address: str) -> str:
    if address.startswith("mailto:"):
        return address.removeprefix("mailto:").partition("?")[0]
    return (urlsplit(address).hostname or "").removeprefix("www.")


class Topic(NamedOnPages):
    """A subject of articles and updates, by which readers find more."""

    # Repeated for the type checker.
    objects = changes.NamedQuerySet.as_manager()  # type: ignore[misc]

    name = LineField(pgettext_lazy("of a thing", "name"), max_length=120)
    slug = models.SlugField(_("URL slug"), max_length=80, unique=True)

    class Meta:
        ordering = ("slug",)
        verbose_name = _("topic")
        verbose_name_plural = _("topics")

    def __str__(self) -> str:
        return self.name or self.slug

    def save(self, *args: Any, **kwargs: Any) -> None:
        with changes.renaming(self, *(column("name", code) for code in KNOWN)):
            super().save(*args, **kwargs)

    def pages_naming_it(self) -> list[int]:
        own = self.articles.values_list("pk", flat=True)  # type: ignore[attr-defined]
        published = self.updates.filter(state=UpdateState.PUBLISHED)  # type: ignore[attr-defined]
        return sorted({*own, *published.values_list("article_id", flat=True)})

    def updates_naming_it(self) -> Iterable[Update]:
        return self.updates.all()  # type: ignore[attr-defined]

    def url(self, language: str) -> str:
        return reverse("topic", args=[language, self.slug])


class Versioned(models.Model):
    """A row that several people edit at once. Each save is a version, and a form names the version that it shows.

    A save writes only the texts that differ from those that were read, so an instance that was read earlier does not
    overwrite a translation that was saved in the meantime. FieldTracker of django-model-utils would report which fields
    differ, but it does not narrow the save to them, and it wraps every field of every instance, while only the texts
    matter here.
    """

    if TYPE_CHECKING:
        source_language: str

    version = models.PositiveIntegerField(default=0, editable=False)

    #: Relations to rows whose texts are translated and reviewed together with its own, by the name of such a row.
    RELATED_TEXTS: ClassVar[Mapping[str, str]] = {}
    #: Whether it is a page itself; otherwise it is on the page of an article.
    IS_PAGE: ClassVar[bool] = False
    #: Guards bulk writes: see `articles.changes.GuardedQuerySet`.
    OWNERS: ClassVar[Mapping[str, str]]
    UNSEEN: ClassVar[frozenset[str]] = frozenset()

    _texts_as_read: dict[str, str | None]

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[object]) -> Self:  # type: ignore[override]
        item = super().from_db(db, field_names, values)
        item._store_texts_as_read()
        return item

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        super().refresh_from_db(*args, **kwargs)
        self._store_texts_as_read()

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.version += 1
        if not (self._state.adding or args or kwargs.get("update_fields") or kwargs.get("force_insert")):
            kwargs["update_fields"] = [
                field.name
                for field in self._meta.concrete_fields
                if not field.primary_key
                and field.attname in self.__dict__
                and (
                    field.name not in self._texts_as_read
                    or self._texts_as_read[field.name] != self.__dict__[field.name]
                )
            ]
        super().save(*args, **kwargs)
        self._store_texts_as_read()

    @property
    def version_name(self) -> str:
        """Return the name of the version, while no field has been set: its number, and a digest of its fields.

        After a failover or a restore that loses the last saves, other contents get the same number.
        """
        # Translators may save a text in another language in the meantime, and lose nothing: each text is compared
        # separately.
        own = self.source_language  # type: ignore[attr-defined]  # a column of its subclasses
        texts = translator.get_options_for_model(type(self)).all_fields
        names = {*texts, *(each.name for fields in texts.values() for each in fields if each.language != own)}
        fields = [field for field in self._meta.concrete_fields if field.editable and field.name not in names]
        entered = [field.value_to_string(self) for field in fields]
        return f"{self.version}-{hashlib.sha256(json.dumps(entered).encode()).hexdigest()[:20]}"

    @classmethod
    def read(cls, pk: int | None, *, with_relations: bool = False) -> Self | None:
        """Return the row with its related texts, None if there is none. `with_relations`: see `fetch_relations`."""
        return cls.read_one(cls._base_manager.filter(pk=pk), with_relations=with_relations) if pk else None

    @classmethod
    def read_one(cls, rows: models.QuerySet[Self], *, with_relations: bool = False) -> Self | None:
        """Return the only one of `rows` as `read` does."""
        row = next(iter(cls._with_texts(rows).order_by()[:1]), None)
        if row is not None and with_relations:
            row.fetch_relations()
        return row

    @classmethod
    def _with_texts(cls, rows: models.QuerySet[Self]) -> models.QuerySet[Self]:
        return rows.prefetch_related(*cls.RELATED_TEXTS.values())

    @classmethod
    def relations(cls) -> list[Prefetch]:
        """Return the relations to prefetch for rendering."""
        raise NotImplementedError

    def fetch_relations(self) -> None:
        """Fetch everything that rendering needs."""
        prefetch_related_objects([self], *self.relations())

    def take_names(self, before: Self | None) -> None:
        """Take byline and topics from the row before an edit that changed neither; None: the row is new."""
        self._take(("authors", "topics"), before)

    def _take(self, relations: Iterable[str], other: Self | None) -> None:
        for name in relations:
            set_prefetched(self, name, [] if other is None else list(getattr(other, name).all()))

    @property
    def page_id(self) -> int | None:
        """The primary key of the article on whose page it is."""
        raise NotImplementedError

    def page_ids(self) -> set[int]:
        """Return the articles that an edit of it affects."""
        raise NotImplementedError

    def owners(self) -> set[tuple[str, int]]:
        return {(str(self._meta.model_name), self.pk)}

    def _store_texts_as_read(self) -> None:
        """Store the texts as read, for `save` to compare with."""
        names = (column(field, code) for field in columns.fields_of(type(self)) for code in KNOWN)
        self._texts_as_read = {name: self.__dict__[name] for name in names if name in self.__dict__}


class CoverageRules(models.Model):
    """The rules of an article's coverage; new coverage takes them from the defaults."""

    policies = PoliciesField(
        _("unreviewed translations"),
        default=dict,
        blank=True,
        help_text=_("What readers see until the translation has been reviewed."),
    )
    needs_release = models.BooleanField(
        _("updates need a second pair of eyes"),
        default=False,
        help_text=_("Nothing is published until a colleague has approved it."),
    )
    shows_writing = models.BooleanField(
        _("show readers when an update is being written"),
        default=False,
        help_text=_("The page shows that an update is being written, but not by whom."),
    )

    class Meta:
        abstract = True


class Illustrated(models.Model):
    """A row with a photo. A photo always has a credit line and an alternative text."""

    if TYPE_CHECKING:
        source_language: str

    photo = PhotoField(_("photo"), blank=True, width_field="photo_width", height_field="photo_height")
    photo_width = models.PositiveIntegerField(null=True, blank=True, editable=False)
    photo_height = models.PositiveIntegerField(null=True, blank=True, editable=False)
    photo_alt = LineField(
        _("alt text"),
        max_length=300,
        blank=True,
        help_text=_("Describe the photo for people who can’t see it."),
    )
    photo_caption = LineField(_("caption"), max_length=500, blank=True)
    photo_credit = LineField(
        _("credit line"), max_length=200, blank=True, help_text=_("Photographer and agency, such as Jane Doe/Reuters.")
    )

    class Meta:
        abstract = True

    def photo_errors(self) -> Errors:
        """Return what is missing beside the photo: messages by the name of the form field."""
        if not self.photo:
            return {}
        errors: Errors = {}
        for field, message in (
            ("photo_alt", _("Add alt text for the photo in the source language.")),
            ("photo_credit", _("Add a credit line for the photo in the source language.")),
        ):
            if self.source_language and not text_in(self, field, self.source_language):
                errors[column(field, self.source_language)] = message
        return errors
