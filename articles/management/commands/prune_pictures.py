from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from articles.interchange import jobs
from articles.models import Picture

#: Days for which unused uploads are kept.
_DAYS = 7


class Command(BaseCommand):
    help = "Remove pictures that were uploaded and never used, and the files of imports that were not finished."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=_DAYS, help="keep those of so many days (default: %(default)s)")

    def handle(self, *args: object, days: int, **options: Any) -> None:
        oldest = timezone.now() - timedelta(days=days)
        unused = Picture.objects.filter(update=None, removed_from=None, uploaded_at__lt=oldest)
        count, _models = unused.delete()
        files = jobs.forget_files(oldest)
        if options["verbosity"]:
            self.stdout.write(f"{count} pictures removed, {files} files of imports.")
