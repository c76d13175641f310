from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from liveblog.delivery import log


class Command(BaseCommand):
    help = "Delete old entries of the change log. Pages that were open since before that load again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--days", type=float, default=7, help="delete what is older than so many days (default: %(default)s)"
        )

    def handle(self, *args: object, **options: Any) -> None:
        if options["days"] < 0:
            raise CommandError("--days must not be negative.")
        deleted = log.prune(timezone.now() - timedelta(days=options["days"]))
        self.stdout.write(f"Deleted {deleted} entries of the change log.")
