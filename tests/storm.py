"""Make a storm of changes in a separate process: python -m tests.storm ARTICLE REVISION SEED

Create, correct, withdraw, republish, pin and translate updates of the article at random, until the article reaches the
revision.
"""

import os
import random
import sys

import django

from liveblog.languages import column

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "liveblog.settings")
django.setup()

from django.db import OperationalError, transaction

from articles import changes
from articles.models import Article, Update
from liveblog.actors import Machine, acting_as
from liveblog.delivery import log

#: The greatest number of updates that fit on one page, so that all of them can be compared.
MOST = 45

State = Update.State


def change(article_id: int, until: int) -> bool:
    """Make one change as the admin does. Return False if the article has reached the revision."""
    with transaction.atomic():
        log.lock(article_id)
        if Article.objects.values_list("revision", flat=True).get(pk=article_id) >= until:
            return False
        updates = list(Update.objects.filter(article=article_id).values_list("pk", flat=True))
        if len(updates) < MOST and random.random() < 0.3:
            update = Update(article_id=article_id, source_language=random.choice(["en", "uk"]), state=State.PUBLISHED)
            setattr(update, column("body", update.source_language), f"<p>New {random.random()}</p>")
        elif not updates:
            return True
        else:
            update = Update.objects.get(pk=random.choice(updates))
            match random.choice(["correct", "withdraw", "pin", "translate"]):
                case "correct":
                    setattr(update, column("body", update.source_language), f"<p>Mended {random.random()}</p>")
                    setattr(update, column("correction_note", update.source_language), f"Was wrong {random.random()}")
                case "withdraw":
                    update.state = State.PUBLISHED if update.state == State.WITHDRAWN else State.WITHDRAWN
                case "pin":
                    update.is_key = not update.is_key
                case "translate":
                    language = random.choice(["de", "ar"])
                    setattr(update, column("headline", language), f"{language} {random.random()}")
        with acting_as(Machine("Storm")), changes.edit(update):
            update.save()
    return True


def main() -> None:
    article_id, until, seed = map(int, sys.argv[1:])
    random.seed(seed)
    while True:
        try:
            if not change(article_id, until):
                return
        except OperationalError:
            # A journalist would try again.
            continue


if __name__ == "__main__":
    main()
