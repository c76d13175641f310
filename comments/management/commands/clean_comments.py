from django.core.management.base import BaseCommand

from comments import privacy


class Command(BaseCommand):
    help = "Forget readers' addresses and browsers after COMMENTS_KEEP_ADDRESS_DAYS; for running once a day."

    def handle(self, *args: object, **options: object) -> None:
        self.stdout.write(f"Forgot the addresses of {privacy.forget_addresses()} comments.")
