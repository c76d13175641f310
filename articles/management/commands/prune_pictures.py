from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from articles.models import Picture


class Command(BaseCommand):
    help = "Remove pictures that were uploaded and never used."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=7, help="keep those of so many days (default: %(default)s)")

    def handle(self, *args: object, days: int, **options: Any) -> None:
        oldest = timezone.now() - timedelta(days=days)
        unused = Picture.objects.filter(update=None, removed_from=None, uploaded_at__lt=oldest)
        count, _models = unused.delete()
        if options["verbosity"]:
            self.stdout.write(f"{count} pictures removed.")
