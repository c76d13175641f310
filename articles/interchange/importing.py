"""One import from beginning to end: check everything first, then write."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError
from django.utils.translation import gettext as _

from articles.interchange import exporting, writing
from articles.interchange.archive import ArchiveSource
from articles.interchange.models import ImportedArticle
from articles.interchange.notes import Notes
from articles.interchange.records import Coverage, Data, Source, SourceError
from articles.models import Article

#: Called with the number of processed posts, and that of all posts.
Progress = Callable[[int, int], None]

#: A source that loses more than this share of its posts at once is assumed to be broken.
_MAX_LOSS = 0.5


@dataclass
class Report:
    """The result of an import, or of a dry run."""

    notes: Notes
    total: int = 0
    #: Number of posts by outcome: new, changed, same, edited, deleted, refused, withdrawn.
    counts: dict[str, int] = field(default_factory=dict)
    article: Article | None = None
    coverage: Coverage | None = None

    @property
    def changed(self) -> bool:
        """Return whether anything was written."""
        return bool(self.counts.keys() & {"new", "changed", "withdrawn"})

    def count(self, fate: str) -> None:
        self.counts[fate] = self.counts.get(fate, 0) + 1


def _ignore(done: int, total: int) -> None:
    pass


@contextmanager
def _refusing() -> Iterator[None]:
    """Raise SourceError if the article is not valid."""
    try:
        yield
    except ValidationError as error:
        fields = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        named = (f"{name}: {' '.join(messages)}" for name, messages in fields.items())
        raise SourceError(_("The article can’t be imported. %(errors)s") % {"errors": " ".join(named)}) from None
    # A slug that is taken, or a value that the database cannot store.
    except (IntegrityError, DataError) as error:
        raise SourceError(_("The article can’t be imported. %(errors)s") % {"errors": error}) from None


class Importer:
    """Import one source. Importing it again writes only new and changed posts.

    slug        the slug of the article; default: the one in the source, with a number if it is taken
    following   whether it has just been imported; then failed pictures are not fetched again
    """

    def __init__(self, source: Source, *, slug: str = "", following: bool = False) -> None:
        self._source = source
        self._slug = slug
        self._following = following
        self._notes = Notes()

    def plan(self, progress: Progress = _ignore) -> Report:
        """Return what `run` would do, and write nothing. Raise SourceError if it would fail."""
        coverage = self._source.coverage()
        report = Report(self._notes, coverage=coverage)
        self._check_slug(coverage)
        writer = self._writer(coverage)
        with _refusing():
            writer.checked_article()
        for post in self._source.posts():
            report.total += 1
            ready = writing.prepare(post, coverage, self._notes)
            fate = "refused" if ready is None else writer.fate_of(post)
            if fate == "edited":
                self._notes.add("edited-here", post.label)
            report.count(fate)
            progress(report.total, 0)
        if not report.total:
            raise SourceError(_("The source has no updates."))
        self._notes.extend(self._source.notes)
        report.article = writer.article
        return report

    def run(self, total: int, progress: Progress = _ignore) -> Report:
        """Write everything that is new or has changed. `total`: the number of posts, for the progress."""
        coverage = self._source.coverage()
        report = Report(self._notes, total, coverage=coverage)
        self._check_slug(coverage)
        writer = self._writer(coverage)
        with _refusing():
            report.article = writer.begin(self._slug or writing.slug_for(str(coverage.data.get("slug", "")), coverage))
        assert report.article is not None
        seen: set[str] = set()
        oldest: datetime.datetime | None = None
        for number, post in enumerate(self._source.posts(), 1):
            seen.add(post.key)
            ready = writing.prepare(post, coverage, self._notes)
            if ready is not None and (moment := ready.values.get("first_published_at")):
                oldest = min(oldest or moment, moment)
            report.count("refused" if ready is None else writer.write(ready))
            progress(number, total)
        self._withdraw_missing(writer, coverage, seen, oldest, report)
        for name, lines in self._source.parts():
            self._load_part(name, lines, report.article, writer)
        writer.finish()
        for name in sorted(writer.unknown_accounts):
            self._notes.add("account", name)
        report.article.refresh_from_db()
        self._notes.extend(self._source.notes)
        return report

    def _writer(self, coverage: Coverage) -> writing.ArticleWriter:
        source = self._source
        same_site = isinstance(source, ArchiveSource) and source.is_own
        return writing.ArticleWriter(source, coverage, self._notes, same_site=same_site, retries=not self._following)

    def _check_slug(self, coverage: Coverage) -> None:
        if not self._slug:
            return
        before = ImportedArticle.objects.select_related("article").filter(key=coverage.key).first()
        taken = Article.of_slug(self._slug)
        if before is not None and before.article != taken:
            message = _(
                "This live blog has been imported already, as “%(slug)s”. "
                "To import its changes, leave the URL slug empty."
            )
            raise SourceError(message % {"slug": before.article.slug})
        if taken is not None and before is None:
            message = _("There is already an article “%(slug)s”. Choose another URL slug.") % {"slug": self._slug}
            raise SourceError(message)

    def _withdraw_missing(
        self,
        writer: writing.ArticleWriter,
        coverage: Coverage,
        seen: set[str],
        oldest: datetime.datetime | None,
        report: Report,
    ) -> None:
        """Withdraw updates that were imported before and that the source no longer has.

        If the source lists only its newest posts, keep updates that are older than its oldest post.
        """
        if writer.imported is None or not seen or self._source.format == "archive":
            return
        rows = writer.imported.updates.filter(update__state="published").select_related("update__article")
        if not coverage.complete:
            if oldest is None:
                return
            rows = rows.filter(update__first_published_at__gt=oldest)
        missing = [row for row in rows.iterator(chunk_size=500) if row.key not in seen]
        if len(missing) > max(3, _MAX_LOSS * (len(seen) + len(missing))):
            for row in missing:
                self._notes.add("missing", row.key)
            return
        for row in missing:
            if writer.withdraw(row):
                report.count("withdrawn")

    def _load_part(self, name: str, lines: Iterator[Data], article: Article, writer: writing.ArticleWriter) -> None:
        part = exporting.PARTS.get(name)
        if part is None:
            self._notes.add("part", name)
            return
        imported = ImportedArticle.objects.get(article=article)
        if imported.complete:
            # Readers may have written comments here since the first import.
            return

        def update_of(key: str) -> int | None:
            return imported.updates.filter(key=key).values_list("update", flat=True).first()

        part.load(article, lines, update_of, writer.account)
