"""Run `manage.py runlive` with a fault: python -m tests.faulty_server FAULT ARGUMENTS_OF_RUNLIVE

dies-before-notifying  once $TRIGGER exists, the server is killed after the commit of a change, before it notifies
drops-every-message    the channel layer loses every message
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "liveblog.settings")
django.setup()

from channels.layers import get_channel_layer
from django.core.management import call_command

from liveblog import notify


def dies_before_notifying() -> None:
    notify_readers = notify.notify_readers
    trigger = Path(os.environ["TRIGGER"])

    def die_or_notify(article_id: int) -> None:
        if trigger.exists():
            trigger.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        notify_readers(article_id)

    notify.notify_readers = die_or_notify


def drops_every_message() -> None:
    async def drop(*_: Any) -> None:
        pass

    get_channel_layer().group_send = drop


if __name__ == "__main__":
    {"dies-before-notifying": dies_before_notifying, "drops-every-message": drops_every_message}[sys.argv[1]]()
    call_command("runlive", *sys.argv[2:])
