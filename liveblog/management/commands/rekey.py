from typing import Any

from django.core.management.base import BaseCommand, CommandError

from liveblog import rekeying


class Command(BaseCommand):
    help = "Encrypt and hash what is stored with the present SECRET_KEY, so that former keys can be removed."

    def handle(self, *args: object, **options: Any) -> None:
        result = rekeying.rekey()
        self.stdout.write(f"Changed {result.changed} rows.")
        if result.unreadable:
            raise CommandError(
                f"{result.unreadable} rows were made with a key that is not configured. Put it into "
                "SECRET_KEY_FALLBACKS and run this again, or their e-mail addresses and second factors stay unreadable."
            )
        self.stdout.write("Nothing needs the former keys any more. Remove SECRET_KEY_FALLBACKS.")
