import time
from contextlib import AbstractContextManager, suppress
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation

from articles.interchange import importing, sources
from articles.interchange.foreign import Options
from articles.interchange.notes import Notes
from articles.interchange.records import Source, SourceError
from liveblog.languages import KNOWN
from liveblog.moments import zones

#: Seconds between two imports of a source that is followed.
_INTERVAL = 15.0
#: Updates between two lines about the progress.
_STEP = 500


class Command(BaseCommand):
    help = "Read a live blog from a file or an address into an article."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", metavar="FILE|ADDRESS", help="the file or the address of the live blog")
        parser.add_argument(
            "--dry-run", action="store_true", help="list what would be lost or is doubtful; write nothing"
        )
        parser.add_argument("--follow", action="store_true", help="take over corrections and withdrawals until stopped")
        parser.add_argument("--slug", default="", help="the article (default: the source decides)")
        parser.add_argument("--language", default="", choices=["", *KNOWN], help="the language of the source")
        parser.add_argument(
            "--time-zone", default="", metavar="ZONE", help="the zone of the event, such as Europe/Berlin"
        )
        parser.add_argument(
            "--interval",
            type=float,
            default=_INTERVAL,
            metavar="SECONDS",
            help="between two looks (default: %(default)s)",
        )

    #: The notes that are already printed.
    _told = Notes()

    def handle(self, *args: object, **options: Any) -> None:
        if options["time_zone"] and not zones.is_zone(options["time_zone"]):
            raise CommandError(f"There is no time zone {options['time_zone']}. An example is Europe/Berlin.")
        with translation.override("en"):
            try:
                self._import(options)
            except SourceError as error:
                raise CommandError(str(error)) from None

    def _import(self, options: dict[str, Any]) -> None:
        with self._opened(options) as source:
            plan = importing.Importer(source, slug=options["slug"]).plan()
            self._report(plan, "would be " if options["dry_run"] else "will be ")
            self._told = plan.notes
            total = plan.total
        if options["dry_run"]:
            return
        self._run(options, total, following=False)
        if options["follow"]:
            # Users end it with Ctrl-C. An interrupted post is written at the next start.
            with suppress(KeyboardInterrupt):
                while True:
                    time.sleep(options["interval"])
                    self._run(options, total, following=True)

    @staticmethod
    def _opened(options: dict[str, Any]) -> AbstractContextManager[Source]:
        stated = Options(options["language"], options["time_zone"], options["slug"])
        return sources.opened(options["source"], stated, slug=options["slug"], trusted=True)

    def _run(self, options: dict[str, Any], total: int, *, following: bool) -> None:
        def progress(done: int, total: int) -> None:
            if options["verbosity"] and not following and done % _STEP == 0:
                self.stdout.write(f"{done} of {total} …")

        try:
            with self._opened(options) as source:
                importer = importing.Importer(source, slug=options["slug"], following=following)
                report = importer.run(total, progress)
        except SourceError as error:
            if not following:
                raise
            self.stderr.write(str(error))
            return
        if report.changed or not following:
            self._report(report, "")

    def _report(self, report: importing.Report, verb: str) -> None:
        known = [(note.code, note.count) for note in self._told]
        for note in report.notes:
            if (note.code, note.count) in known:
                continue
            self.stdout.write(f"{note.level}: {note.message} ({note.count})")
            for example in note.examples:
                self.stdout.write(f"    {example}")
            if note.more:
                self.stdout.write(f"    … and {note.more} more")
        counts = ", ".join(f"{count} {verb}{_VERBS[fate]}" for fate, count in report.counts.items())
        self.stdout.write(f"{counts}.")
        if report.article is not None and not verb:
            self.stdout.write(report.article.get_absolute_url())


_VERBS = {
    "new": "created",
    "changed": "corrected",
    "same": "unchanged",
    "edited": "kept as edited here",
    "deleted": "left deleted",
    "refused": "left out",
    "withdrawn": "withdrawn",
}
