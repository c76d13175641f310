from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from liveblog import backups


class Command(BaseCommand):
    help = "Restore a backup into an empty database, and put back the uploads."
    # The tables do not exist yet.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("directory", type=Path, help="of the backup")
        parser.add_argument("--check", action="store_true", help="only check that the backup is whole and undamaged")

    def handle(self, *args: object, **options: Any) -> None:
        directory = options["directory"]
        try:
            manifest = backups.check(directory) if options["check"] else backups.restore(directory)
        except (backups.BackupError, OSError) as error:
            raise CommandError(str(error)) from error
        if options["check"]:
            self.stdout.write(f"The backup of {manifest.made_at} is whole. Files: {len(manifest.files)}.")
            return
        self.stdout.write(f"Restored the backup of {manifest.made_at}.")
        for name in backups.missing_uploads():
            self.stderr.write(f"An upload that the database names is missing: {name}")
