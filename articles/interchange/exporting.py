"""Write an article with everything that belongs to it into an archive."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Count
from django.db.models.fields.files import FieldFile
from django.utils import timezone

from articles.history.models import UpdateVersion
from articles.history.recording import TRANSLATIONS, as_stored
from articles.interchange import archive, portable
from articles.interchange.records import Data
from articles.models import Article, Author, Embed, Picture, Topic, Translation, Update, Vote
from articles.pictures import versions as pictures
from articles.text.localized import text_in
from articles.translations import columns
from articles.translations.review import holds
from liveblog.languages import KNOWN

_CHUNK = 100

#: Columns of an article that are useless on another site: keys and counters.
_COUNTERS = frozenset(
    {
        *("id", "version", "revision", "revision_token", "revised_at", "desk_revision", "deletion_revision"),
        *("desk_tokens", "start_day", "photo", "photo_width", "photo_height"),
    }
)
#: Columns of an embed: the answer of its provider.
EMBED_COLUMNS = ("url", "provider", "state", "title", "author", "player_url", "width", "height")


class Part(NamedTuple):
    """Lines that another app puts into archives, after the updates."""

    #: The types of its lines.
    kinds: tuple[str, ...]
    #: Yield the type and the data of each line. The second argument is whether to include personal data.
    dump: Callable[[Article, bool], Iterator[tuple[str, Data]]]
    #: Write the lines into an article. The functions return the primary key of an update by its key in the archive, and
    #: that of an account by its name.
    load: Callable[[Article, Iterator[Data], Callable[[str], int | None], Callable[[str | None], int | None]], None]


#: By name. Apps register theirs through `articles.api`.
PARTS: dict[str, Part] = {}


def register_part(name: str, part: Part) -> None:
    PARTS[name] = part


def key_of(article: Article) -> str:
    """Return the permanent id of the coverage, a tag URI (RFC 4151)."""
    return f"tag:{settings.FEED_AUTHORITY}:coverage-{article.pk}"


def export(
    article: Article,
    writer: archive.Writer,
    *,
    parts: Iterable[str] = (),
    personal: bool = False,
    progress: Callable[[int], None] | None = None,
) -> list[str]:
    """Write everything into an archive, and return the names of the files that the storage lacks.

    parts      names of PARTS
    personal   whether the parts may write personal data
    progress   if given, is called with the number of updates that are written
    """
    return _Export(article, writer).run(list(parts), personal, progress)


class _Export:
    def __init__(self, article: Article, writer: archive.Writer) -> None:
        self._article = article
        self._writer = writer
        self._accounts = portable.Accounts(known=True)
        self._authors: set[int] = set()
        #: By primary key: the article's, and those of all versions of its updates.
        self._topics: dict[int, str] = {}
        self._lacking: list[str] = []
        self._present_slugs = list(dict.fromkeys([article.slug, *article.slugs.values()]))

    def run(self, parts: list[str], personal: bool, progress: Callable[[int], None] | None) -> list[str]:
        article, write = self._article, self._writer.write
        self._write_files()
        write(
            "header",
            {
                "format": archive.FORMAT,
                "version": archive.VERSION,
                "made_at": timezone.now(),
                "site": settings.SITE_URL,
                "parts": {name: PARTS[name].kinds for name in parts},
                "personal_data": personal,
            },
        )
        for author in Author.objects.filter(pk__in=self._author_keys()).order_by("pk").iterator():
            write("author", _author_line(author))
        for topic in Topic.objects.filter(pk__in=self._topic_keys()).order_by("slug"):
            self._topics[topic.pk] = topic.slug
            write("topic", {"slug": topic.slug, "name": _names(topic)})
        write("article", self._article_line())
        for event in article.events.order_by("at", "pk"):
            write("event", {"kind": event.kind, "at": event.at, "cause": event.cause, "by": event.actor})
        for count, update in enumerate(self._updates(), 1):
            self._write_update(update)
            if progress is not None:
                progress(count)
        for name in parts:
            for kind, data in PARTS[name].dump(article, personal):
                write(kind, data)
        return self._lacking

    def _updates(self) -> Iterator[Update]:
        found = self._article.updates.order_by("pk").select_related("embed", "tally")
        related = ("authors", "topics", "pictures", "translations", "removed_pictures", "modifications")
        for update in found.prefetch_related(*related).iterator(chunk_size=_CHUNK):
            update.article = self._article
            yield update

    def _author_keys(self) -> set[int]:
        """Return the authors of the article and of all versions of its updates."""
        keys = set(self._article.authors.values_list("pk", flat=True))
        keys |= set(Author.objects.filter(updates__article=self._article).values_list("pk", flat=True))
        versions = UpdateVersion.objects.filter(update__article=self._article).order_by().distinct()
        for found in versions.values_list("data__authors", flat=True).iterator():
            keys |= set(found or ())
        return keys

    def _topic_keys(self) -> set[int]:
        """Return the topics of the article and of all versions of its updates."""
        keys = set(self._article.topics.values_list("pk", flat=True))
        keys |= set(Topic.objects.filter(updates__article=self._article).values_list("pk", flat=True))
        versions = UpdateVersion.objects.filter(update__article=self._article).order_by().distinct()
        for found in versions.values_list("data__topics", flat=True).iterator():
            keys |= set(found or ())
        return keys

    def _write_files(self) -> None:
        """Copy all pictures, including those of earlier versions."""
        self._add(self._article.photo)
        own = Picture.objects.filter(update__article=self._article)
        removed = Picture.objects.filter(removed_from__article=self._article)
        for picture in _chain(own, removed):
            self._add(picture.image)
        for author in Author.objects.filter(pk__in=self._author_keys()).exclude(photo="").iterator():
            self._add(author.photo)
        for embed in Embed.objects.filter(update__article=self._article).exclude(thumbnail="").iterator():
            self._add(embed.thumbnail)

    def _add(self, file: FieldFile) -> None:
        if file and not self._writer.add_file(file.storage, str(file.name)):
            self._lacking.append(str(file.name))

    def _article_line(self) -> Data:
        article = self._article
        left_out = _COUNTERS.union(columns.fields_of(Article))
        names = (field.name for field in Article._meta.concrete_fields if field.name not in left_out)
        return {
            "key": key_of(article),
            "data": {name: value for name in names if (value := getattr(article, name)) not in (None, "")},
            "authors": [str(pk) for pk in article.authors.order_by("pk").values_list("pk", flat=True)],
            "topics": list(article.topics.order_by("slug").values_list("slug", flat=True)),
            "related": list(article.related.order_by("pk").values_list("slug", flat=True)),
            "photo": archive.media_name(article.photo.name or ""),
            "translations": self._translations(article, {}),
            "addresses": [("", f"{settings.SITE_URL}/live/{slug}/") for slug in self._slugs()],
        }

    def _slugs(self) -> list[str]:
        """Return the present and the former slugs."""
        former = self._article.known_slugs.exclude(slug__in=self._present_slugs).order_by("slug")
        return [*self._present_slugs, *former.values_list("slug", flat=True)]

    def _write_update(self, update: Update) -> None:
        rows = [*update.pictures.all(), *update.removed_pictures.all()]
        images = {picture.pk: archive.media_name(picture.image.name) for picture in rows}
        data = as_stored(update)
        # A version has only milliseconds, so updates of one moment would change their order.
        data |= {
            field.name: moment
            for field in Update._meta.concrete_fields
            if isinstance(moment := getattr(update, field.attname), datetime.datetime)
        }
        line: Data = {"key": str(update.pk), "data": self._portable(data, images)}
        # Written separately from the columns, with all data about them.
        del line["data"][TRANSLATIONS]
        line["translations"] = self._translations(update, images)
        if (embed := getattr(update, "embed", None)) is not None:
            line["embed"] = {name: getattr(embed, name) for name in EMBED_COLUMNS}
            line["embed"]["thumbnail"] = archive.media_name(embed.thumbnail.name or "")
        if update.kind == Update.Kind.POLL:
            line |= self._votes(update)
        line["modifications"] = {row.language: row.at for row in update.modifications.all()}
        line["removed_pictures"] = [
            {"image": images[picture.pk]} | pictures.texts_of(picture) for picture in update.removed_pictures.all()
        ]
        if update.published_before:
            base = f"{settings.SITE_URL}/live"
            line["addresses"] = [("", f"{base}/{slug}/update/{update.pk}/") for slug in self._present_slugs]
        self._writer.write("update", line)
        for version in update.versions.order_by("number").iterator():
            data = {
                "update": str(update.pk),
                "number": version.number,
                "at": version.at,
                "cause": version.cause,
                "restored": version.restored,
                "by": version.actor,
                "data": self._portable(version.data, images),
            }
            self._writer.write("version", data)

    def _portable(self, data: Data, images: dict[int, str]) -> Data:
        return portable.renamed(
            data,
            user=self._accounts.name,
            author=str,
            topic=self._topics.get,
            image=archive.media_name,
            field=lambda name: portable.portable_field(name, images),
        )

    def _translations(self, item: Article | Update, images: dict[int, str]) -> dict[str, Data]:
        found = {}
        for row in item.translations.all():
            if row.state == Translation.State.MISSING:
                continue
            data = portable.translation_data(row)
            # A reviewed text that was changed since is in review, even if no edit has noticed that yet.
            if row.state == row.State.REVIEWED and not holds(row, columns.texts_of(item, row.language)):
                data["state"] = row.State.REVIEW
            found[row.language] = portable.renamed_state(
                data, user=self._accounts.name, field=lambda name: portable.portable_field(name, images)
            )
        return found

    def _votes(self, update: Update) -> Data:
        votes = Vote.objects.filter(update=update, counted=True).order_by()
        counts = dict(votes.values_list("choice").annotate(count=Count("pk")))
        tally = getattr(update, "tally", None)
        return {
            "votes": [counts.get(number, 0) for number in range(max(counts, default=-1) + 1)],
            "poll_closed_for": tally.closed_for if tally else None,
        }


def _chain(*querysets: Any) -> Iterator[Picture]:
    for found in querysets:
        yield from found.iterator(chunk_size=_CHUNK)


def _names(item: Any, field: str = "name") -> dict[str, str]:
    return {code: name for code in KNOWN if (name := text_in(item, field, code))}


def _author_line(author: Author) -> Data:
    line: Data = {"key": str(author.pk), "source_language": author.source_language, "name": _names(author)}
    line |= {field: texts for field in ("role", "place") if (texts := _names(author, field))}
    optional = {"links": author.links, "photo": archive.media_name(author.photo.name or "")}
    return line | {name: value for name, value in optional.items() if value}
