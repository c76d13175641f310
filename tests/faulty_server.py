"""`manage.py runlive` with a fault: python -m tests.faulty_server FAULT ARGUMENTS_OF_RUNLIVE

dies-before-the-bell   is killed after the commit of a change, before its bell is rung, once the file $TRIGGER exists
drops-every-message    has a channel layer that loses what it is given
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


def dies_before_the_bell() -> None:
    ring = notify.notify_readers
    trigger = Path(os.environ["TRIGGER"])

    def die_or_ring(article_id: int) -> None:
        if trigger.exists():
            trigger.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        ring(article_id)

    notify.notify_readers = die_or_ring


def drops_every_message() -> None:
    async def drop(*_: Any) -> None:
        pass

    get_channel_layer().group_send = drop


if __name__ == "__main__":
    {"dies-before-the-bell": dies_before_the_bell, "drops-every-message": drops_every_message}[sys.argv[1]]()
    call_command("runlive", *sys.argv[2:])
