"""Write records into an article: each post in its own edit, so that an interrupted import can continue.

Readers cannot open the article before everything is written: until then it has no languages.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import logging
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import DataError, IntegrityError, models, transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from articles import changes
from articles.embeds import services as embeds
from articles.embeds.models import Embed
from articles.embeds.providers import is_player_url
from articles.embeds.resolving import reencoded, store_thumbnail
from articles.history.models import CoverageEvent, UpdateVersion
from articles.interchange import portable
from articles.interchange.models import ImportedArticle, ImportedUpdate, OldAddress
from articles.interchange.notes import Notes
from articles.interchange.records import Byline, Coverage, Data, Post, Source
from articles.interchange.redirects import split_address
from articles.models import Article, Author, Modification, Picture, Tally, Topic, Translation, Update, Vote
from articles.pictures import versions as picture_versions
from articles.pictures.processing import process_upload
from articles.publishing.rules import MAX_BACKDATE
from articles.text.localized import text_in
from articles.translations import columns, review, states
from liveblog.actors import Machine, acting_as
from liveblog.errors import ProviderError
from liveblog.languages import KNOWN, column

logger = logging.getLogger(__name__)

#: The actor in the history of imported updates.
IMPORT = Machine("Import")

_BATCH = 500

#: Columns of an update that save() derives from the moment of the save; they are written from the record.
_EVENTS = frozenset(
    {
        *("state", "pin", "publish_at", "first_published_at", "earlier_time", "backdating_reason"),
        *("withdrawn_at", "leaves_mark", "corrected_at", "edition", "revised_at", *portable.USER_COLUMNS),
        *(column("withdrawal_note", code) for code in KNOWN),
    }
)
_NOT_IN_RECORDS = frozenset({"id", "article", "version", "desk_revision", "key", "copy_group"})
_NOT_OF_ARTICLES = frozenset(
    {
        *(
            "id",
            "slug",
            "version",
            "revision",
            "revision_token",
            "revised_at",
            "desk_revision",
            "deletion_revision",
        ),
        *("desk_tokens", "start_day", "photo", "photo_width", "photo_height"),
    }
)
_STATE_OF_ARTICLES = ("state", "coverage_start", "coverage_end", "finished_by_clock")
#: Votes of an archive have no browser.
_VOTER = "archive"


@dataclass(frozen=True)
class Ready:
    """A valid post: its columns, by name."""

    post: Post
    values: dict[str, Any]


def values_of(model: type[models.Model], data: Data, left_out: Collection[str]) -> dict[str, Any]:
    """Return the columns in a record. Raise ValidationError if a value is invalid."""
    fields = {field.name: field for field in model._meta.concrete_fields if field.name not in left_out}
    return {
        name: value if fields[name].is_relation else _converted(fields[name], value)
        for name, value in data.items()
        if name in fields
    }


def _converted(field: models.Field, value: object) -> Any:
    try:
        found = field.to_python(value)
    # Some fields of Django do not expect lists and objects, which JSON has.
    except (TypeError, ValueError, AttributeError, OverflowError):
        raise ValidationError({field.name: str(value)[:100]}) from None
    if isinstance(found, datetime.datetime) and timezone.is_naive(found):
        raise ValidationError({field.name: str(value)})
    return found


def prepare(post: Post, coverage: Coverage, notes: Notes) -> Ready | None:
    """Return the post in the form to write; None if it is skipped. Nothing is written here."""
    now = timezone.now()
    state = Update.State
    try:
        values = values_of(Update, post.data, _NOT_IN_RECORDS)
        update = Update(**{name: value for name, value in values.items() if name not in portable.USER_COLUMNS})
        update.clean_fields(exclude=["article", *portable.USER_COLUMNS, *columns.fields_of(Update)])
    except ValidationError as error:
        notes.add("refused", reason_of(error, post))
        return None
    values |= {name: getattr(update, name) for name in values if name not in portable.USER_COLUMNS}
    if update.state in (state.SCHEDULED, state.SUBMITTED) and update.publish_at and update.publish_at <= now:
        notes.add("passed-plan", post.label)
        values["publish_at"] = None
        if update.state == state.SCHEDULED:
            values["state"] = state.DRAFT
    moment = update.first_published_at
    if update.state == state.PUBLISHED and (moment is None or moment > now):
        notes.add("no-time" if moment is None else "future-time", post.label)
        values["first_published_at"] = now
    elif moment and moment < _start_of(coverage) - MAX_BACKDATE:
        notes.add("early-time", post.label)
    if update.state == state.PUBLISHED and not (update.exists_in(update.source_language)):
        notes.add("empty", post.label)
        return None
    return Ready(post, values)


def max_length_of(model: type[models.Model], name: str) -> int:
    """Return the greatest length of a text column."""
    return int(getattr(model._meta.get_field(name), "max_length", 0) or 0)


def reason_of(error: Exception, post: Post) -> str:
    """Return the reason for refusing a post, for people."""
    if not isinstance(error, ValidationError):
        return post.label
    fields = ", ".join(getattr(error, "error_dict", {}))
    return f"{' '.join(error.messages)} {f'({fields}) ' if fields else ''}– {post.label}"


def _start_of(coverage: Coverage) -> datetime.datetime:
    value = Article._meta.get_field("coverage_start").to_python(coverage.data["coverage_start"])
    assert isinstance(value, datetime.datetime)
    return value


def slug_for(wanted: str, coverage: Coverage) -> str:
    """Return a free slug, made from the wanted one or from the headline."""
    headline = str(coverage.data.get(column("headline", coverage.source_language), ""))
    base = slugify(wanted)[:110] or slugify(headline)[:110] or "coverage"
    slug, number = base, 1
    while Article.of_slug(slug) is not None:
        number += 1
        slug = f"{base}-{number}"
    return slug


class ArticleWriter:
    """Write one coverage and its posts.

    retries   whether posts that lack a picture, because its server did not answer, are written again
    """

    def __init__(
        self, source: Source, coverage: Coverage, notes: Notes, *, same_site: bool, retries: bool = True
    ) -> None:
        self._source, self._coverage, self._notes, self._retries = source, coverage, notes, retries
        self._accounts = portable.Accounts(known=same_site)
        self._authors: dict[str, int | None] = {}
        self._topics: dict[str, int] = {}
        #: Files that the present transaction has stored.
        self._files: list[Any] = []
        #: Addresses of pictures whose servers did not answer.
        self._silent: set[str] = set()
        row = ImportedArticle.objects.select_related("article").filter(key=coverage.key).first()
        self.imported = row
        self.article: Article | None = row.article if row else None

    @property
    def unknown_accounts(self) -> set[str]:
        """Return the names of the accounts that do not exist here."""
        return self._accounts.lacking

    def account(self, name: str | None) -> int | None:
        """Return the account with a name from the archive; None if it does not exist here."""
        return self._accounts.key(name)

    # The article ----------------------------------------------------------------------------------------------------

    def begin(self, slug: str) -> Article:
        """Return the article of the coverage; a new one is invisible. Raise ValidationError if it cannot be saved."""
        if self.article is not None:
            return self.article
        coverage = self._coverage
        article, exact = self.checked_article()
        article.slug = slug
        article.slugs = self._free_slugs(article.slugs)
        if exact.get("coverage_end") and exact["coverage_end"] < exact["coverage_start"]:
            exact["coverage_end"] = exact["coverage_start"]
        with self._new_files() as files:
            if coverage.photo and (content := self._picture(coverage.photo)) is not None:
                article.photo.save("photo", content[0], save=False)
                files.append(article.photo)
                if not text_in(article, "photo_credit", article.source_language):
                    setattr(
                        article,
                        column("photo_credit", article.source_language),
                        self._credit(coverage.photo, content[1]),
                    )
            with self._acting(), changes.edit(article):
                article.save()
                start_day = exact["coverage_start"].astimezone(article.zone).date()
                Article._base_manager.filter(pk=article.pk).update(**exact, start_day=start_day)
                article.authors.set(self._author_keys(coverage.authors))
                article.topics.set([self._topic(each) for each in coverage.topics])
                article.related.set(self._related())
                self._write_translations(article, coverage.translations, {})
                self.imported = ImportedArticle.objects.create(
                    article=article, key=coverage.key, format=self._source.format
                )
                for language, address in coverage.addresses:
                    self._redirect(language, address, article, None)
        article.refresh_from_db()
        self.article = article
        return article

    def checked_article(self) -> tuple[Article, dict[str, Any]]:
        """Return the article, not saved, and the columns that are written after it. Raise ValidationError."""
        values = values_of(Article, self._coverage.data, _NOT_OF_ARTICLES | {"languages"})
        exact = {name: values[name] for name in _STATE_OF_ARTICLES if name in values}
        for event in self._coverage.events:
            checked = CoverageEvent(**values_of(CoverageEvent, {name: event[name] for name in ("kind", "at")}, ()))
            checked.clean_fields(exclude=_all_but(CoverageEvent, "kind", "at"))
        article = Article(**{name: value for name, value in values.items() if name not in exact})
        article.state, article.coverage_start = Article.State.LIVE, min(exact["coverage_start"], timezone.now())
        # The columns without a language repeat others; `save` sets those that no form has.
        not_checked = {"slug", "languages", *columns.fields_of(Article)}
        article.clean_fields(exclude={*not_checked, *(f.name for f in Article._meta.fields if not f.editable)})
        article.validate_constraints(exclude={"slug"})
        if exact.get("state") not in Article.State.values:
            raise ValidationError({"state": str(exact.get("state"))})
        return article, exact

    def _free_slugs(self, slugs: Mapping[str, str]) -> dict[str, str]:
        """Return the slugs in other languages, without those that other articles have or had."""
        free = {language: slug for language, slug in slugs.items() if Article.of_slug(slug) is None}
        for slug in sorted(set(slugs.values()) - set(free.values())):
            self._notes.add("slug", slug)
        return free

    def finish(self) -> None:
        """Let readers open the article in its languages, after everything is written."""
        article, imported = self._written()
        if imported.complete:
            return
        with self._acting(), transaction.atomic():
            changes.lock(article)
            article.refresh_from_db()
            if self._coverage.events:
                article.events.all().delete()
                CoverageEvent.objects.bulk_create(self._event(article, each) for each in self._coverage.events)
            with changes.edit(article):
                article.languages = self._languages()
                article.save()
                states.begin_languages(article, [code for code in article.languages if code != article.source_language])
            imported.complete = True
            imported.save()

    def _languages(self) -> list[str]:
        named = self._coverage.data.get("languages") or []
        return [code for code in KNOWN if code in named or code == self._coverage.source_language]

    def _written(self) -> tuple[Article, ImportedArticle]:
        assert self.article is not None
        assert self.imported is not None
        return self.article, self.imported

    def _topic(self, data: Data) -> Topic:
        slug, names = str(data["slug"]), data["name"].items()
        found: Topic | None = Topic.objects.filter(slug=slug).first()  # type: ignore[misc,assignment]
        if found is None:
            found = Topic(slug=slug, **{column("name", code): str(name) for code, name in names if code in KNOWN})
            found.clean_fields(exclude=["name"])
            found.save()
        return found

    def _related(self) -> list[Article]:
        found = {article.slug: article for article in Article.objects.filter(slug__in=self._coverage.related)}
        for slug in self._coverage.related:
            if slug not in found:
                self._notes.add("related", slug)
        return [found[slug] for slug in self._coverage.related if slug in found]

    def _topic_keys(self, slugs: Collection[str]) -> list[int]:
        return sorted(pk for slug in slugs if (pk := self._topic_key(slug)) is not None)

    def _topic_key(self, slug: str) -> int | None:
        """Return the topic with a slug from the archive; None for other slugs."""
        if not self._topics:
            named = [*self._coverage.topics, *self._coverage.other_topics]
            self._topics = {str(each["slug"]): self._topic(each).pk for each in named}
        return self._topics.get(slug)

    def _author_keys(self, keys: Collection[str]) -> list[int]:
        return sorted(pk for key in keys if (pk := self._author(key)) is not None)

    def _author(self, key: str) -> int | None:
        """Return the author of a byline: the one with the same name, or else a new one."""
        if key not in self._authors:
            byline = self._coverage.bylines.get(key)
            self._authors[key] = self._author_of(byline) if byline else None
        return self._authors[key]

    def _author_of(self, byline: Byline) -> int:
        language = byline.source_language if byline.source_language in KNOWN else "en"
        names = _limited_texts("name", byline.name)
        own = column("name", language)
        same = {own: names.get(own, "")}
        author = Author.objects.filter(**same).first()
        if author is not None:
            return int(author.pk)
        texts = names | _limited_texts("role", byline.role) | _limited_texts("place", byline.place)
        author = Author(source_language=language, links=byline.links, **texts)
        # Somebody else may have the name in another language.
        for name in names:
            if Author.objects.filter(**{name: names[name]}).exists():
                setattr(author, name, "")
        author.clean_fields(exclude=["name", "role", "place"])
        if byline.photo and (content := self._picture(byline.photo)) is not None:
            author.photo.save("photo", content[0], save=False)
            self._files.append(author.photo)
        author.save()
        return int(author.pk)

    def _event(self, article: Article, data: Data) -> CoverageEvent:
        return CoverageEvent(article=article, kind=data["kind"], at=data["at"], **self._by(data))

    def _by(self, data: Data) -> dict[str, Any]:
        """Return the columns of the history for the actor and the manner of an edit."""
        cause, name = _cause(data), str(data.get("by") or "")
        user = self._accounts.key(name) if cause == UpdateVersion.Cause.WRITTEN else None
        is_unknown = not name and cause != UpdateVersion.Cause.FOUND
        return {"cause": cause, "user_id": user, "actor": IMPORT.name if is_unknown else name[:150]}

    # Posts ----------------------------------------------------------------------------------------------------------

    def imported_update(self, post: Post) -> ImportedUpdate | None:
        """Return the row of an earlier import of the post; None if it is new."""
        if self.imported is None:
            return None
        return self.imported.updates.filter(key=post.key).first()

    def fate_of(self, post: Post) -> str:
        """Return the outcome of an import for a post: "new", "same", "changed", "edited" here, or "deleted" here."""
        return self._fate_of(post, self.imported_update(post))

    def _fate_of(self, post: Post, before: ImportedUpdate | None) -> str:
        if before is None:
            return "new"
        same = before.digest == post.digest
        if same and not (self._retries and "" in before.files.values()):
            return "same"
        if before.update_id is None:
            return "same" if same else "deleted"
        if _digest_of(before.update_id) == before.written_digest:
            return "changed"
        return "same" if same else "edited"

    def write(self, ready: Ready) -> str:
        """Write a post, and return the outcome: see `fate_of`, or "refused"."""
        before = self.imported_update(ready.post)
        fate = self._fate_of(ready.post, before)
        if fate == "edited":
            self._notes.add("edited-here", ready.post.label)
        if fate not in ("new", "changed"):
            return fate
        try:
            self._write(ready, before)
        # The rules of the site or a constraint of the database refused it.
        except (ValidationError, IntegrityError, DataError) as error:
            logger.info("An update was not imported.", exc_info=not isinstance(error, ValidationError))
            self._notes.add("refused", reason_of(error, ready.post))
            return "refused"
        return fate

    def _write(self, ready: Ready, before: ImportedUpdate | None) -> None:
        article, imported = self._written()
        post = ready.post
        update = before.update if before and before.update else Update(article=article)
        is_new = update.pk is None
        if not is_new:
            update.article = article
        known = dict(before.files) if before else {}
        with self._new_files() as new:
            rows, removed = self._pictures(post, update, known, new)
            if post.data.get("kind") == Update.Kind.PICTURES and not rows:
                raise ValidationError(_("None of its pictures could be used."))
            with self._acting(), changes.edit(update):
                self._save(update, ready.values, is_new=is_new)
                update.authors.set(self._author_keys(post.data.get("authors", ())))
                update.topics.set(self._topic_keys(post.data.get("topics", ())))
                picture_versions.put(update, rows)
                for picture in removed:
                    picture.removed_from = update
                    picture.save()
                names = {address: name for address, name in known.items() if name}
                pks = {picture.image.name: picture.pk for picture in [*rows, *removed]}
                self._write_embed(update, post, new)
                fields = {address: pks[name] for address, name in names.items() if name in pks}
                self._write_translations(update, post.translations, fields)
                self._write_votes(update, post)
                self._write_versions(update, post, names, fields)
            if post.modifications:
                rows_of = [Modification(update=update, language=code, at=at) for code, at in post.modifications.items()]
                Modification.objects.bulk_create(
                    [row for row in rows_of if row.language in KNOWN],
                    update_conflicts=True,
                    unique_fields=["update", "language"],
                    update_fields=["at"],
                )
            ImportedUpdate.objects.update_or_create(
                source=imported,
                key=post.key,
                defaults={
                    "update": update,
                    "digest": post.digest,
                    "written_digest": _digest_of(update.pk),
                    # A picture without a file is fetched again at the next import.
                    "files": names | dict.fromkeys(self._silent & known.keys(), ""),
                },
            )
            for language, address in post.addresses:
                self._redirect(language, address, article, update)

    def _save(self, update: Update, values: Mapping[str, Any], *, is_new: bool) -> None:
        exact = {name: value for name, value in values.items() if name in _EVENTS}
        for name in portable.USER_COLUMNS & exact.keys():
            exact[f"{name}_id"] = self._accounts.key(exact.pop(name))
        if not is_new:
            # This newsroom has its own order and emphasis.
            exact.pop("pin", None)
        for name, value in values.items():
            if name not in _EVENTS and (is_new or name not in ("is_key", "is_breaking") or value):
                setattr(update, name, value)
        update.state = exact.get("state", Update.State.PUBLISHED)
        update.publish_at = exact.get("publish_at")
        update.first_published_at = exact.get("first_published_at", update.first_published_at)
        update.save()
        if exact:
            Update._base_manager.filter(pk=update.pk).update(**exact)

    def withdraw(self, row: ImportedUpdate) -> bool:
        """Withdraw an update that the source no longer has, unless somebody has edited it here."""
        update = row.update
        if update is None or update.state != Update.State.PUBLISHED:
            return False
        if _digest_of(update.pk) != row.written_digest:
            self._notes.add("edited-here", row.key)
            return False
        with self._acting(), transaction.atomic():
            update.withdraw(leaves_mark=False, reason="")
            update.save()
            # If the same record returns, it counts as a change.
            row.digest, row.written_digest = "", _digest_of(update.pk)
            row.save()
        return True

    # Their relations ------------------------------------------------------------------------------------------------

    def _pictures(
        self, post: Post, update: Update, known: dict[str, str], new: list[Any]
    ) -> tuple[list[Picture], list[Picture]]:
        """Return the pictures of a post and those of its earlier versions, with their files stored.

        `known` gets the names of the files by the addresses in the source.
        """
        found: tuple[list[Picture], list[Picture]] = ([], [])
        for pictures, records in zip(found, (post.data.get("pictures", []), post.removed), strict=True):
            for data in records:
                address = str(data.get("image", ""))
                picture = self._stored_picture(update, known.get(address, ""))
                credit = ""
                if picture is None:
                    content = self._picture(address)
                    if content is None:
                        known[address] = ""
                        continue
                    picture = Picture()
                    picture.image.save("picture", content[0], save=False)
                    new.append(picture.image)
                    credit = content[1]
                texts = values_of(Picture, data, {"id", "update", "removed_from", "position", "image"})
                for name, value in texts.items():
                    setattr(picture, name, value or "")
                language = str(post.data["source_language"])
                if not text_in(picture, "credit", language):
                    setattr(picture, column("credit", language), self._credit(address, credit))
                picture.clean_fields(exclude=_all_but(Picture, *texts))
                known[address] = str(picture.image.name)
                pictures.append(picture)
        return found

    @staticmethod
    def _stored_picture(update: Update, name: str) -> Picture | None:
        if not name or update.pk is None:
            return None
        own = models.Q(update=update) | models.Q(removed_from=update)
        return Picture.objects.filter(own, image=name).first()

    def _picture(self, address: str) -> tuple[ContentFile, str] | None:
        """Return a picture, encoded again, and the credit line in its file; None if it is not available."""
        try:
            processed = process_upload(ContentFile(self._source.picture(address), "picture"))
        except (ProviderError, KeyError, ValidationError) as error:
            self._notes.add("picture", address)
            if isinstance(error, ProviderError) and not error.permanent:
                self._silent.add(address)
            return None
        return processed.file, processed.texts.get("credit", "")

    def _credit(self, address: str, found: str) -> str:
        if found:
            return found[:200]
        self._notes.add("no-credit", address)
        return urlsplit(address).hostname or self._coverage.key[:200]

    def _write_embed(self, update: Update, post: Post, new: list[Any]) -> None:
        data = post.data.get("embed") or {}
        url = str(data.get("url", ""))
        before = getattr(update, "embed", None)
        if (before.url if before else "") == url:
            return
        embeds.attach(update, url)
        embed = getattr(update, "embed", None)
        answer = post.embed
        if embed is None or not answer or embed.url != answer.get("url") or embed.state == Embed.State.LINK:
            return
        # The answer of the provider to the site that made the archive.
        if answer.get("state") != Embed.State.RESOLVED or not is_player_url(str(answer.get("player_url", ""))):
            return
        values = values_of(Embed, {name: answer.get(name) for name in ("title", "author", "player_url")}, ())
        for name, value in values.items():
            setattr(embed, name, (value or "")[: max_length_of(Embed, name)])
        for name in ("width", "height"):
            setattr(embed, name, min(9999, max(0, int(answer.get(name) or 0))))
        embed.state, embed.due_at = Embed.State.RESOLVED, None
        with suppress(KeyError, ProviderError):
            if thumbnail := answer.get("thumbnail") and reencoded(self._source.picture(answer["thumbnail"])):
                store_thumbnail(embed, thumbnail)
        embed.save()

    def _write_translations(
        self, item: Article | Update, translations: Mapping[str, Data], fields: Mapping[str, int]
    ) -> None:
        """Write the states of the translations of a saved item. `fields`: primary keys of pictures by address."""
        for language, data in translations.items():
            if language not in KNOWN or language == item.source_language:
                continue
            state = portable.renamed_state(
                data, user=self._accounts.key, field=lambda name: portable.local_field(name, fields)
            )
            owner = {"article" if isinstance(item, Article) else "update": item}
            row = Translation.objects.filter(**owner, language=language).first()
            row = row or Translation(**owner, language=language)
            for name, value in values_of(
                Translation, {n: state.get(n) for n in portable.TRANSLATION_COLUMNS}, ()
            ).items():
                if value is not None:
                    setattr(row, name, value)
            row.source = state.get("source") or {}
            row.translator_id, row.reviewer_id = state.get("translator"), state.get("reviewer")
            row.version += 1
            if row.state == Translation.State.REVIEWED:
                present = type(item).read(item.pk)
                assert isinstance(present, Article | Update)
                review.keep(row, columns.texts_of(present, language))
            for name in ("problems", "accepted"):
                try:
                    review.from_json(getattr(row, name))
                except (TypeError, KeyError, ValueError, AttributeError):
                    setattr(row, name, [])
            row.clean_fields(exclude=_all_but(Translation, "language", "state", "engine"))
            row.save()

    @staticmethod
    def _write_votes(update: Update, post: Post) -> None:
        counts = [count for count in post.votes if isinstance(count, int) and count >= 0]
        if not counts or update.kind != Update.Kind.POLL or len(counts) > 100 or sum(counts) > 10_000_000:
            return
        Vote.objects.filter(update=update, voter__startswith=f"{_VOTER}-").delete()
        choices = (choice for choice, count in enumerate(counts) for _number in range(count))
        batch: list[Vote] = []
        for number, choice in enumerate(choices):
            batch.append(Vote(update=update, voter=f"{_VOTER}-{number}", choice=choice, counted=True))
            if len(batch) == _BATCH:
                Vote.objects.bulk_create(batch)
                batch = []
        Vote.objects.bulk_create(batch)
        Tally.objects.update_or_create(
            update=update, defaults={"counts": counts, "at": timezone.now(), "closed_for": post.poll_closed_for}
        )

    def _write_versions(self, update: Update, post: Post, files: Mapping[str, str], fields: Mapping[str, int]) -> None:
        """Write the versions that the history lacks. The follower adds one if the last is not up to date."""
        number = update.versions.aggregate(last=models.Max("number"))["last"] or 0
        moments: dict[int, Any] = {}
        for data in post.versions:
            if data["number"] <= number:
                continue
            version = portable.renamed(
                data["data"],
                user=self._accounts.key,
                author=self._author,
                topic=self._topic_key,
                image=lambda name: files.get(name, ""),
                field=lambda name: portable.local_field(name, fields),
            )
            version["authors"].sort()
            version["topics"].sort()
            row = UpdateVersion(
                update=update,
                number=data["number"],
                **self._by(data),
                restored=data.get("restored"),
                data=version,
            )
            row.clean_fields(exclude=_all_but(UpdateVersion, "number", *(["restored"] if row.restored else [])))
            row.save()
            moments[row.pk] = values_of(UpdateVersion, {"at": data["at"]}, ())["at"]
        for pk, at in moments.items():
            UpdateVersion.objects.filter(pk=pk).update(at=at)

    @staticmethod
    def _redirect(language: str, address: str, article: Article, update: Update | None) -> None:
        """Store an old address, unless it already redirects elsewhere."""
        host, path = split_address(address)
        if path:
            OldAddress.objects.get_or_create(
                path=path, host=host, defaults={"language": language, "article": article, "update": update}
            )

    @contextmanager
    def _acting(self) -> Iterator[None]:
        """Save with the import as actor, without tracking the states of translations."""
        with acting_as(IMPORT), states.without_state_tracking(*KNOWN):
            yield

    @contextmanager
    def _new_files(self) -> Iterator[list[Any]]:
        """Write in one transaction. If it fails, delete the files that were stored for it."""
        files: list[Any] = []
        self._files = files
        try:
            with transaction.atomic():
                yield files
        except BaseException:
            # They may have been created in the transaction.
            self._authors.clear()
            self._topics.clear()
            for file in files:
                with suppress(Exception):
                    file.delete_all()
                    file.storage.delete(file.name)
            raise


def _cause(data: Data) -> str:
    cause = data.get("cause", "")
    return cause if cause in UpdateVersion.Cause.values else ""


def _limited_texts(name: str, texts: Mapping[str, str]) -> dict[str, str]:
    """Return the columns of a text of an author, truncated to the greatest length."""
    return {
        column(name, code): str(text)[: max_length_of(Author, name)] for code, text in texts.items() if code in KNOWN
    }


def _all_but(model: type[models.Model], *names: str) -> set[str]:
    return {field.name for field in model._meta.fields} - set(names)


def _digest_of(pk: int) -> str:
    """Return a digest of the texts, pictures and state of a stored update in its source language."""
    update = Update.read(pk)
    if update is None:
        return ""
    texts = columns.texts_of(update, update.source_language)
    names = sorted(str(picture.image.name) for picture in update.pictures.all())
    return hashlib.sha256(json.dumps([texts, update.state, names], sort_keys=True).encode()).hexdigest()
