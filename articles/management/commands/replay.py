import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from articles.models import Article
from articles.publishing import replay


class Command(BaseCommand):
    help = "Publish an article's updates again, on a page of their own, in scaled time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the article to replay")
        parser.add_argument("--to", metavar="SLUG", help="the replay's page (default: the slug with -replay)")
        parser.add_argument("--speed", type=float, default=60.0, help="times as fast as it was (default: %(default)s)")
        parser.add_argument("--longest-pause", type=float, metavar="SECONDS", help="cut longer pauses short")
        parser.add_argument("--head-start", type=int, default=0, metavar="N", help="publish the first N at once")
        parser.add_argument("--loop", action="store_true", help="at the end, empty the page and begin again")

    def handle(self, *args: object, **options: Any) -> None:
        source = Article.objects.filter(slug=options["slug"]).first()
        if source is None:
            raise CommandError(f"There is no article “{options['slug']}”.")
        if options["speed"] <= 0:
            raise CommandError("--speed must be greater than 0.")
        while True:
            self._replay(source, options)
            if not options["loop"]:
                break
            time.sleep(options["longest_pause"] or 10)

    def _replay(self, source: Article, options: dict[str, Any]) -> None:
        target = replay.prepare(source, options["to"] or f"{source.slug}-replay")
        before = None
        for number, event in enumerate(replay.timeline(source, target)):
            if before is not None and number >= options["head_start"]:
                pause = (event.at - before).total_seconds() / options["speed"]
                time.sleep(min(pause, options["longest_pause"] or pause))
            before = event.at
            event.act()
            if options["verbosity"] > 1:
                self.stdout.write(f"{event.at:%d %b %H:%M} {event.name}")
