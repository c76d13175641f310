import os
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django import conf
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import to_locale

from articles.cards import faces
from articles.translations.checks import typography
from liveblog import languages
from liveblog.added_languages import catalogues, environment, tables
from liveblog.added_languages.arguments import language
from liveblog.translation import detector, engines


class Command(BaseCommand):
    help = "Add a language: its columns, catalogue and variables. Run it again to compile the catalogue."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "code", metavar="TAG", type=language, help="the language tag (BCP 47), such as pt-BR, zh-Hans or he"
        )

    def handle(self, *args: object, **options: Any) -> None:
        code = options["code"]
        tag = languages.tag(code)
        if code in languages.SHIPPED:
            if code in dict(settings.LANGUAGES):
                raise CommandError(f"{tag} comes with the product, and the site offers it already.")
        else:
            names = [*map(languages.tag, tables.added())]
            wanted = list(dict.fromkeys([*names, tag]))
            self._add_columns(code, wanted)
            written = catalogues.write(code)
            self.stdout.write(
                f"Interface: {written.translated} of {written.messages} messages are translated in {written.file}. "
                "The others appear in English."
            )
            if tag not in names:
                environment.set_list("ADDED_LANGUAGES", wanted, self.stdout)
        offered = [code for code, _name in settings.LANGUAGES]
        if code not in offered and os.environ.get("LANGUAGES"):
            environment.set_list("LANGUAGES", [*map(languages.tag, offered), tag], self.stdout)
        for line in _facts(code):
            self.stdout.write(line)
        self.stdout.write(
            f"{languages.own_name(code)} ({tag}) is added. Replace the processes (manage.py reload, or a restart); "
            f"then its pages are at /{code}/, and coverage can appear in it."
        )

    def _add_columns(self, code: str, wanted: list[str]) -> None:
        """Migrate with the language in the environment; the models of this process do not have it."""
        environment_with_it = os.environ | {
            "ADDED_LANGUAGES": ",".join(wanted),
            # LANGUAGES must not exclude the new language.
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        }
        done = subprocess.run(
            [sys.executable, "-m", "liveblog", "migrate", "added_languages", "--verbosity", "0"],
            env=environment_with_it,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise CommandError(f"The columns could not be added, and nothing has changed:\n{done.stderr.strip()}")
        self.stdout.write(f"Database: the tables have columns for {languages.tag(code)}.")


def _facts(code: str) -> Iterator[str]:
    """Yield what the product supports in a language, and what it lacks."""
    base = languages.base(code)
    yield f"Direction: {'right to left' if languages.is_right_to_left(code) else 'left to right'}."
    locale = languages.locale_of(code)
    known = locale.language == base
    formats = f"of {locale} (Unicode CLDR)" if known else "not known, English is used"
    yield f"Dates, numbers and plural forms: {formats}."
    if not any((Path(conf.__file__).parent / "locale" / to_locale(each)).is_dir() for each in languages.parents(code)):
        yield "Words of Django itself: English, because Django has no catalogue of the language."
    yield "Language detection: " + ("known." if base in detector.known() else "not known; texts are not recognised.")
    names = [*dict.fromkeys(engine.name for engine in engines.chain("en", code))]
    yield "Engines of translation: " + (f"{', '.join(names)}, if they have it." if names else "none is configured.")
    yield "Checks of quotation marks and spaces: " + ("known." if base in typography.TYPOGRAPHY else "any marks pass.")
    yield "Checks of acronyms and other words: " + (
        "known." if base in languages.SHIPPED else "not compared; numbers, links, scripts and lengths are."
    )
    text = "".join(languages.locale_of(code).months["format"]["wide"].values()) + languages.own_name(code)
    if faces.face_for(text).lacks(text):
        yield (
            "Pictures of shared links: no font has its letters. Name one in CARD_FONTS, such as a Noto Sans font of "
            "the system; until then the headline is left out."
        )
