from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management.base import BaseCommand, CommandError

from articles import demo
from articles.models import Article, Author

PASSWORD = "demo"  # noqa: S105 - for a server that only this machine can reach
ACCOUNTS = {"journalist": "Journalist", "translator": "Translator", "moderator": "Moderator", "editor": "Editor"}


class Command(BaseCommand):
    help = "Load the demo coverage and an account for each group of the newsroom."

    def handle(self, *args: object, **options: Any) -> None:
        if not settings.DEBUG and urlsplit(settings.SITE_URL).hostname not in {"127.0.0.1", "localhost", "::1"}:
            raise CommandError(
                "The demo's accounts have a known password. SITE_URL is not on this machine; not loading."
            )
        if not Article.objects.filter(slug=demo.SLUG).exists():
            demo.load()
        for name, group in ACCOUNTS.items():
            user, made = User.objects.get_or_create(username=name, defaults={"is_staff": True})
            if made:
                user.set_password(PASSWORD)
                user.save()
                user.groups.add(Group.objects.get(name=group))
        journalist = User.objects.get(username="journalist")
        Author.objects.get_or_create(user=journalist, defaults={"source_language": "en", "name_en": "Demo Desk"})
        if not User.objects.filter(is_superuser=True).exists():
            User.objects.create_superuser("admin", password=PASSWORD)
        self.stdout.write(f"Accounts: {', '.join([*ACCOUNTS, 'admin'])}; the password of each is “{PASSWORD}”.")
