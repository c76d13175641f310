"""The command `liveblog`, which is manage.py of an installed wheel."""

import os
import sys
from pathlib import Path

from dotenv import load_dotenv

#: In the current directory: variables of the environment, as `liveblog setup` writes them.
ENVIRONMENT_FILE = "liveblog.env"


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "liveblog.settings")
    file = Path(os.environ.get("LIVEBLOG_ENV", ENVIRONMENT_FILE))
    if sys.argv[1:2] == ["setup"]:
        # It makes the file, and the key in it.
        os.environ.setdefault("SECRET_KEY", "only-until-there-is-one")
    elif file.is_file():
        # A variable that is set already has precedence.
        load_dotenv(file, interpolate=False)
    elif "LIVEBLOG_ENV" in os.environ:
        sys.exit(f"LIVEBLOG_ENV is {file}, which does not exist.")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
