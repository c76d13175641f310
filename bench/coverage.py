"""Data for the benchmarks: articles and updates of an ordinary size, and a user who posts."""

import itertools
from datetime import timedelta

from django.contrib.auth.models import Group, User
from django.db import connection
from django.utils import timezone

from articles import changes
from articles.models import Article, Update
from liveblog.actors import Machine, acting_as
from liveblog.languages import KNOWN, column
from liveblog.models import Change

_numbers = itertools.count(1)

#: About 1 KB, so that a frame with the markup around it is about 2 KB.
BODY = (
    "<p>" + "The ministers of the alliance meet in Bucharest to talk about what the winter will bring. " * 11 + "</p>"
)

#: Stands in the history of what the benchmarks write.
BENCH = Machine("Benchmark")

JOURNALIST = ("bench", "bench")


def article(updates: int = 0) -> Article:
    """Create a live article in every shipped language, with this many updates."""
    languages = list(KNOWN)
    made = Article(
        slug=f"bench-{next(_numbers)}",
        source_language="en",
        languages=languages,
        state=Article.State.LIVE,
        **{column("headline", language): f"Ministers meet ({language})" for language in languages},
    )
    with acting_as(BENCH):
        made.save()
    began = timezone.now() - timedelta(days=1)
    Update._base_manager.bulk_create(
        (
            Update(
                article=made,
                source_language="en",
                state=Update.State.PUBLISHED,
                first_published_at=began + timedelta(seconds=number),
                **bodies(),
            )
            for number in range(updates)
        ),
        batch_size=500,
    )
    if updates >= 1000 and connection.vendor == "postgresql":
        # Otherwise PostgreSQL would do so by itself in the middle of a measurement.
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    return made


def bodies() -> dict[str, str]:
    return {column("body", language): BODY for language in KNOWN}


def post(of: Article) -> None:
    update = Update(article=of, source_language="en", state=Update.State.PUBLISHED, **bodies())
    with acting_as(BENCH), changes.edit(update):
        update.save()


def socket_path(of: Article, language: str = "en", after: int | None = None) -> str:
    """Return the address of a page at revision `after`, which the log must know, or at the present state."""
    state = Article.objects.get(pk=of.pk).page_state
    if after is not None and after != state.revision:
        state = Change.objects.get(article=of, revision=after + 1).previous_state
    return f"/ws/{language}/live/{of.slug}/?after={state}"


def journalist() -> None:
    name, password = JOURNALIST
    user = User.objects.create_user(name, password=password, is_staff=True)
    user.groups.add(Group.objects.get(name="Journalist"))
