from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from articles.interchange import archive, exporting, static_archive
from articles.models import Article

#: Updates between two lines about the progress.
_STEP = 1000


class Command(BaseCommand):
    help = "Write an article with everything that belongs to it into one archive."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the article")
        parser.add_argument("--to", metavar="PATH", help="the archive (default: the slug with .zip)")
        parser.add_argument(
            "--static",
            metavar="DIRECTORY",
            help="write the pages of finished coverage as files for any web server, in place of an archive",
        )
        parser.add_argument("--comments", action="store_true", help="with the comments that readers see")
        parser.add_argument(
            "--personal-data",
            action="store_true",
            help="with all comments, the e-mail and network addresses of their authors, and the decisions on them",
        )

    def handle(self, *args: object, **options: Any) -> None:
        article = Article.objects.filter(slug=options["slug"]).first()
        if article is None:
            raise CommandError(f"There is no article “{options['slug']}”.")
        if options["static"]:
            self._write_pages(article, options)
            return
        if options["personal_data"] and not options["comments"]:
            raise CommandError("--personal-data is about comments: add --comments.")
        path = Path(options["to"] or f"{article.slug}.zip")
        if path.is_dir():
            path /= f"{article.slug}.zip"
        if path.exists():
            raise CommandError(f"{path} exists already. Name another file with --to.")
        if not path.parent.is_dir():
            raise CommandError(f"There is no directory {path.parent}.")
        desk_revision = article.desk_revision
        parts = exporting.PARTS if options["comments"] else ()
        with archive.writing_to(path) as writer:
            lacking = exporting.export(
                article, writer, parts=parts, personal=options["personal_data"], progress=self._progress(options)
            )
        for name in lacking:
            self.stderr.write(f"The file {name} is missing in the storage.")
        if Article.objects.values_list("desk_revision", flat=True).get(pk=article.pk) != desk_revision:
            self.stderr.write("Somebody has worked on the coverage meanwhile. Export it again to have it all.")
        if options["verbosity"]:
            count = writer.counts.get("update", 0)
            self.stdout.write(f"{count} updates written to {path} ({path.stat().st_size / 1_000_000:.1f} MB).")

    def _write_pages(self, article: Article, options: dict[str, Any]) -> None:
        if options["comments"] or options["personal_data"] or options["to"]:
            raise CommandError("--static writes the pages as readers see them. It has no other options.")
        try:
            count = static_archive.write(article, Path(options["static"]), self._progress(options, "pages"))
        except static_archive.StaticArchiveError as error:
            raise CommandError(str(error)) from None
        if options["verbosity"]:
            self.stdout.write(f"{count} pages written to {options['static']}.")

    def _progress(self, options: dict[str, Any], name: str = "updates") -> Any:
        def tell(count: int) -> None:
            if options["verbosity"] and count % _STEP == 0:
                self.stdout.write(f"{count} {name} …")

        return tell
