from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from liveblog import backups


class Command(BaseCommand):
    help = "Back up the database and the uploads while the site is running, and check the backup."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("directory", type=Path, help="where to put the backup; it must not exist")

    def handle(self, *args: object, **options: Any) -> None:
        try:
            manifest = backups.make(options["directory"])
        except (backups.BackupError, OSError) as error:
            raise CommandError(f"There is no backup. {error}") from error
        self.stdout.write(f"Backed up into {options['directory']}. Files: {len(manifest.files)}.")
        if manifest.bucket:
            self.stdout.write(f"The uploads are in the bucket {manifest.bucket}, which is not part of the backup.")
