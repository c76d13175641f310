import getpass
import os
import secrets
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
import psycopg
import redis
from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from psycopg import sql

from liveblog import database_url, redis_url
from liveblog.__main__ import ENVIRONMENT_FILE
from liveblog.webpush import vapid


class Command(BaseCommand):
    help = "Set up a site: five questions, then the file with its environment, the database and the first person."
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--site-url", help="public address of the site, such as https://live.example.org")
        parser.add_argument(
            "--database-url", help="address of the database, such as postgres://user:password@host/name"
        )
        parser.add_argument("--redis-url", help="address of Redis, or nothing for a single process")
        parser.add_argument("--email", help="e-mail address of the first person")
        parser.add_argument("--username", default="admin", help="name of the first person (default: %(default)s)")
        parser.add_argument(
            "--file", default=ENVIRONMENT_FILE, help="the file to write, which must not exist (default: %(default)s)"
        )
        parser.add_argument("--data", default=".", help="directory of uploads and static files (default: %(default)s)")
        parser.add_argument(
            "--no-input", action="store_true", help="ask nothing; DJANGO_SUPERUSER_PASSWORD has the password"
        )

    def handle(self, *args: object, **options: Any) -> None:
        file, data = Path(options["file"]).absolute(), Path(options["data"]).absolute()
        if file.exists():
            raise CommandError(f"{file} exists already, and nothing is overwritten. Delete it to begin again.")
        self._asks = not options["no_input"]
        site_url = self._answer("Public address of the site", options["site_url"], _site_url, "http://127.0.0.1:8000")
        database_url = self._answer(
            "Address of the database", options["database_url"], _database_url, f"sqlite:///{data / 'db.sqlite3'}"
        )
        redis_url = self._answer("Address of Redis (empty: a single process)", options["redis_url"], _redis_url, "")
        email = self._answer("Your e-mail address", options["email"], _email, None)
        password = self._password(options["username"], email)

        for directory in (file.parent, data):
            directory.mkdir(parents=True, exist_ok=True)
        self._variables = {
            "SECRET_KEY": secrets.token_urlsafe(50),
            "SITE_URL": site_url,
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "STATIC_ROOT": str(data / "static"),
            "MEDIA_ROOT": str(data / "media"),
            "METRICS_TOKEN": secrets.token_urlsafe(32),
            "VAPID_PRIVATE_KEY": vapid.new_private_key(),
            # Most proxies are on the same machine.
            "TRUSTED_PROXIES": "127.0.0.1",
        }
        _write(file, self._variables)
        self.stdout.write(f"The environment is in {file}. Keep a copy of it where you keep other secrets.")
        environment = {"LIVEBLOG_ENV": str(file), "DJANGO_SUPERUSER_PASSWORD": password}
        try:
            self._run(environment, "The tables", "migrate", "--verbosity", "0")
            self._run(environment, "The static files", "collectstatic", "--noinput", "--verbosity", "0")
            # Warnings are shown, and only errors end the command.
            self._run(environment, "The check", "check", "--deploy", "--fail-level", "ERROR")
            # The last step: after an error, the command can be run again with the same name.
            person = ("--username", options["username"], "--email", email)
            self._run(environment, "The first person", "createsuperuser", "--noinput", "--verbosity", "0", *person)
        except CommandError:
            file.unlink()
            raise
        self.stdout.write(f"\nThe site is set up. Start it:\n\n    LIVEBLOG_ENV={file} {_program()} runlive\n")
        self.stdout.write(f"Then log in as {options['username']} at {site_url}/admin/")

    def _answer(self, question: str, given: str | None, validate: Callable[[str], str], default: str | None) -> str:
        """Ask a question until `validate` accepts the answer, and return its result."""
        while True:
            answer = given
            if answer is None and self._asks:
                answer = input(f"{question}{f' [{default}]' if default else ''}: ").strip() or default
            if answer is None:
                answer = default
            try:
                if answer is None:
                    raise ValidationError("An answer is needed.")
                return validate(answer)
            except ValidationError as error:
                problem = f"{question}: {' '.join(error.messages)}"
                if given is not None or not self._asks:
                    raise CommandError(problem) from None
                self.stderr.write(problem)

    def _password(self, username: str, email: str) -> str:
        user = get_user_model()(username=username, email=email)

        def validate(password: str) -> str:
            if "\n" in password or not password:
                raise ValidationError("It cannot be empty.")
            validate_password(password, user)
            return password

        if not self._asks:
            return self._answer("Password", os.environ.get("DJANGO_SUPERUSER_PASSWORD", ""), validate, None)
        while True:
            password = getpass.getpass("Your password: ")
            try:
                validate(password)
            except ValidationError as error:
                self.stderr.write(" ".join(error.messages))
                continue
            if getpass.getpass("Your password again: ") == password:
                return password
            self.stderr.write("The two are not the same.")

    def _run(self, environment: dict[str, str], what: str, *command: str) -> None:
        # Variables of this process would have precedence over the file.
        kept = {name: value for name, value in os.environ.items() if name not in self._variables}
        done = subprocess.run(  # noqa: S603 - our own commands
            [sys.executable, "-m", "liveblog", *command],
            env={**kept, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise CommandError(f"{what} could not be made:\n{done.stderr.strip()}")
        self.stdout.write(f"{what}: done.")
        if "WARNINGS" in done.stderr:
            self.stderr.write(done.stderr.strip())


def _program() -> str:
    return "liveblog" if Path(sys.argv[0]).name == "liveblog" else f"{sys.executable} manage.py"


def _write(file: Path, variables: dict[str, str]) -> None:
    """Write a file for its owner alone that dotenv, systemd (EnvironmentFile=) and Docker (--env-file) read alike."""
    lines = [f"{name}={value}\n" for name, value in variables.items()]
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as target:
        target.writelines(lines)


def _one_line(text: str) -> str:
    if any(character.isspace() or character in "\"'#\\$" for character in text):
        raise ValidationError(
            "It has no spaces, quotation marks, #, $ or \\; in a password write them as %23 and so on."
        )
    return text


def _site_url(text: str) -> str:
    parts = urlsplit(_one_line(text))
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValidationError("It begins with https:// and has a host and nothing after it.")
    return text.rstrip("/")


def _redis_url(text: str) -> str:
    if text:
        try:
            redis_url.client(redis_url.normal(_one_line(text)), socket_connect_timeout=5).ping()
        except (redis.RedisError, ValueError) as error:
            raise ValidationError(f"Redis does not answer: {error}") from None
    return text


def _email(text: str) -> str:
    validate_email(text)
    return _one_line(text)


def _database_url(text: str) -> str:
    """Return the address of a database, which is created if its server has none of that name."""
    try:
        values = database_url.settings_of(_one_line(text))
    except (ValueError, dj_database_url.ParseError, dj_database_url.UnknownSchemeError):
        raise ValidationError("It begins with postgres:// or sqlite:///.") from None
    if values["ENGINE"].endswith("sqlite3"):
        Path(str(values["NAME"])).absolute().parent.mkdir(parents=True, exist_ok=True)
        return text
    if not values["ENGINE"].endswith("postgresql"):
        raise ValidationError("It begins with postgres:// or sqlite:///.")
    names = {"HOST": "host", "PORT": "port", "USER": "user", "PASSWORD": "password"}
    server = {option: values[name] for name, option in names.items() if values.get(name)}
    try:
        try:
            psycopg.connect(**server, dbname=values["NAME"], connect_timeout=5).close()
        except psycopg.OperationalError as error:
            if "does not exist" not in str(error) or str(values["NAME"]) not in str(error):
                raise
            with psycopg.connect(**server, dbname="postgres", connect_timeout=5, autocommit=True) as connection:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(str(values["NAME"]))))
    except psycopg.Error as error:
        raise ValidationError(f"PostgreSQL says: {error}") from None
    return text
