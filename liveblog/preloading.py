"""Load all files that a worker would otherwise load later.

While a deploy replaces the files on the disk, workers of the former release still serve. They must not read modules,
templates or translations of the new one.
"""

import importlib
import pkgutil
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template import TemplateSyntaxError, engines
from django.template.backends.django import DjangoTemplates
from django.template.utils import get_app_template_dirs
from django.utils import translation

#: Parts of the packages that never run in a server.
_LEFT_OUT = (".migrations", ".management", ".demo")


def preload() -> None:
    """Import all modules, compile all templates and read all translations of the product."""
    # This sets up Django.
    importlib.import_module(settings.ASGI_APPLICATION.rpartition(".")[0])
    for name in ("articles", "comments", "liveblog"):
        for module in pkgutil.walk_packages(importlib.import_module(name).__path__, f"{name}."):
            if not any(part in module.name for part in _LEFT_OUT):
                importlib.import_module(module.name)
    backend = engines["django"]
    assert isinstance(backend, DjangoTemplates)
    engine = backend.engine
    directories: list[Any] = [*engine.dirs, *get_app_template_dirs("templates")]
    for directory in map(Path, directories):
        for path in directory.rglob("*"):
            # Apps bring templates that need other apps.
            if path.is_file():
                with suppress(TemplateSyntaxError, UnicodeDecodeError):
                    engine.get_template(path.relative_to(directory).as_posix())
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            translation.gettext("")
