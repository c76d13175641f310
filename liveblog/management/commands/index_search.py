from typing import Any

from django.core.management.base import BaseCommand

from liveblog.search.texts import rebuild


class Command(BaseCommand):
    help = "Make the index of the search again from the texts. People can go on working meanwhile."

    def handle(self, *args: object, **options: Any) -> None:
        for kind, count in rebuild():
            if options["verbosity"]:
                self.stdout.write(f"{kind}: {count}")
