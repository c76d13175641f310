from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from articles.models import Article
from articles.translations.xliff import writing
from liveblog.languages import KNOWN


class Command(BaseCommand):
    help = "Write the texts of an article for a translation agency, as XLIFF 2.1."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the article")
        parser.add_argument("language", choices=list(KNOWN), help="the language to translate into")
        parser.add_argument(
            "--source-language",
            default="",
            choices=["", *KNOWN],
            help="of the originals (default: the article's)",
        )
        parser.add_argument("--everything", action="store_true", help="with the translations that are reviewed")
        parser.add_argument("--to", metavar="PATH", help="the file (default: slug and languages with .xlf)")

    def handle(self, *args: object, **options: Any) -> None:
        article = Article.of_slug(options["slug"])
        if article is None:
            raise CommandError(f"There is no article “{options['slug']}”.")
        source, language = options["source_language"] or article.source_language, options["language"]
        if source == language:
            raise CommandError("The two languages are the same.")
        rows = list(writing.rows(article, source, language, everything=options["everything"])[: writing.MAX_TEXTS + 1])
        if not rows:
            raise CommandError("There is nothing to translate from this language into that one.")
        if len(rows) > writing.MAX_TEXTS:
            raise CommandError(f"A file can have at most {writing.MAX_TEXTS} texts.")
        path = Path(options["to"] or f"{article.slug}.{source}-{language}.xlf")
        if path.exists():
            raise CommandError(f"{path} exists already. Name another file with --to.")
        try:
            path.write_bytes(writing.write(rows, source, language))
        except OSError as error:
            raise CommandError(str(error)) from None
        if options["verbosity"]:
            self.stdout.write(f"{len(rows)} texts written to {path}.")
