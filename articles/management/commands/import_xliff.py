from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation

from articles.translations import rights
from articles.translations.xliff import importing, reading

_FATES = {
    "approved": "approved",
    "saved": "saved, waiting for review",
    "remarked": "not approved, because the checks have remarks",
    "incomplete": "not translated in full",
    "outdated": "not imported: the original has been corrected since the export",
    "edited": "not imported: somebody has edited the translation here since the export",
    "unchanged": "unchanged",
}


class Command(BaseCommand):
    help = "Import the translations of an agency from an XLIFF file, on behalf of a translator."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="the file")
        parser.add_argument("--user", required=True, help="the translator who answers for it")
        parser.add_argument("--approve", action="store_true", help="approve what the agency has reviewed")
        parser.add_argument("--dry-run", action="store_true", help="say what would be imported; save nothing")

    def handle(self, *args: object, **options: Any) -> None:
        user = User.objects.filter(username=options["user"], is_active=True).first()
        if user is None:
            raise CommandError(f"There is no account {options['user']}.")
        path = Path(options["file"])
        try:
            if path.stat().st_size > reading.MAX_BYTES:
                raise CommandError(f"The file is larger than {reading.MAX_BYTES // 1_000_000} MB. Split it.")
            data = path.read_bytes()
        except OSError as error:
            raise CommandError(str(error)) from None
        with translation.override("en"):
            document = reading.read(data)
            if not document.faults and document.language not in rights.languages_of(user):
                raise CommandError(f"{user.get_username()} may not translate into this language.")
            outcome = importing.save(document, user, approve=options["approve"], check_only=options["dry_run"])
            if outcome is None:
                faults = [
                    f"{' '.join(filter(None, (each.file, each.unit)))}: {each.message}" for each in document.faults
                ]
                raise CommandError("\n".join(["Nothing has been imported.", *faults]))
        if options["verbosity"]:
            for fate, label in _FATES.items():
                for row in getattr(outcome, fate):
                    self.stdout.write(f"{label}: {row.item} (translation {row.pk})")
            if outcome.gone:
                self.stdout.write(f"{outcome.gone} left out: no longer translated into this language.")
