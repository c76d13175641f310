"""Data for the benchmarks: articles and updates of a typical size, and a user who posts."""

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

#: A sentence in each language of the newsroom. The checks of translations find nothing in them.
_SENTENCES = {
    "en": "The ministers of the alliance meet in Bucharest to talk about what the winter will bring.",
    "de": "Die Minister des Bündnisses beraten in Bukarest darüber, was der Winter bringen wird.",
    "uk": "Міністри Альянсу зустрічаються в Бухаресті, щоб обговорити, що принесе зима.",
    "ar": "يجتمع وزراء الحلف في بوخارست لبحث ما سيحمله الشتاء.",
    "fr": "Les ministres de l’Alliance se réunissent à Bucarest pour parler de ce que l’hiver apportera.",
    "es": "Los ministros de la Alianza se reúnen en Bucarest para hablar de lo que traerá el invierno.",
    "pl": "Ministrowie Sojuszu spotykają się w Bukareszcie, aby rozmawiać o tym, co przyniesie zima.",
    "ro": "Miniștrii Alianței se întâlnesc la București pentru a discuta despre ce va aduce iarna.",
}

#: By language: about 1 KB, so that a frame with the markup around it is about 2 KB.
BODIES = {language: f"<p>{' '.join([sentence] * 11)}</p>" for language, sentence in _SENTENCES.items()}
BODY = BODIES["en"]

#: The actor in the history of everything that the benchmarks write.
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
        # Otherwise, autovacuum could start in the middle of a measurement.
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    return made


def bodies() -> dict[str, str]:
    """Return the body fields in each language of the product."""
    return {column("body", language): body for language, body in BODIES.items()}


def post(of: Article) -> None:
    update = Update(article=of, source_language="en", state=Update.State.PUBLISHED, **bodies())
    with acting_as(BENCH), changes.edit(update):
        update.save()


def socket_path(of: Article, language: str = "en", after: int | None = None) -> str:
    """Return the websocket path of a page at revision `after`, which must be in the log, or at the present state."""
    state = Article.objects.get(pk=of.pk).page_state
    if after is not None and after != state.revision:
        state = Change.objects.get(article=of, revision=after + 1).previous_state
    return f"/ws/{language}/live/{of.slug}/?after={state}"


def journalist() -> None:
    name, password = JOURNALIST
    user = User.objects.create_user(name, password=password, is_staff=True)
    user.groups.add(Group.objects.get(name="Journalist"))
