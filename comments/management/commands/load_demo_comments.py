from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from articles import api
from articles.models import Article
from comments import demo


class Command(BaseCommand):
    help = "Put the demo's comments under an article, and under its replay, whose page is made if it is not there."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the article")
        parser.add_argument("replay", nargs="?", help="the slug of its replay")

    def handle(self, *args: object, slug: str, replay: str | None, **options: object) -> None:
        article = Article.objects.filter(slug=slug).first()
        if article is None:
            raise CommandError(f"There is no article “{slug}”.")
        demo.load(article)
        if replay:
            demo.load(Article.objects.filter(slug=replay).first() or api.prepare_replay(article, replay))
