import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from articles.translations import drafting
from liveblog.translation import engines


class Command(BaseCommand):
    help = "Make the machine translations that are due, in a process of its own; as many of these as you like."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="stop when nothing is due")

    def handle(self, *args: object, **options: Any) -> None:
        if not engines.available():
            raise CommandError(
                "No provider is configured: set DEEPL_API_KEY, LIBRETRANSLATE_URL or TRANSLATION_MODELS, for example."
            )
        while True:
            count = drafting.draft_due()
            if not count:
                if options["once"]:
                    return
                time.sleep(drafting.INTERVAL)
