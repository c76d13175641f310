"""Create content for tests in one call. Everything is saved through the models, as by the newsroom's forms."""

from __future__ import annotations

import datetime
import io
import itertools
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from PIL import Image

from articles import changes
from articles.embeds import services as embeds
from articles.models import Article, Author, Picture, Topic, Update
from articles.pending import PendingRelations
from comments import confirmation
from comments.models import Comment, EmailAddress
from liveblog.delivery import log
from liveblog.delivery.states import State
from liveblog.languages import column
from liveblog.models import Change
from tests.actors import the_actor_or_test

_numbers = itertools.count(1)


def article(**fields: Any) -> Article:
    """Create a live article in English, German, Ukrainian and Arabic."""
    made = Article(
        **{
            "slug": f"summit-{next(_numbers)}",
            "source_language": "en",
            "languages": ["en", "de", "uk", "ar"],
            "state": Article.State.LIVE,
            "time_zone": "Europe/Bucharest",
            "headline_en": "Ministers meet in Bucharest",
            "headline_de": "Minister tagen in Bukarest",
            "headline_uk": "Міністри зустрілися в Бухаресті",
            "headline_ar": "الوزراء يجتمعون في بوخارست",
        }
        | fields
    )
    made.full_clean(exclude=["headline"])
    with the_actor_or_test():
        made.save()
    return made


def update(
    of: Article,
    *,
    authors: tuple[Author, ...] = (),
    topics: tuple[Topic, ...] = (),
    pictures: tuple[Picture, ...] = (),
    embed: str = "",
    **fields: Any,
) -> Update:
    """Create a published update, with an English text if no text is given."""
    if not any(name.startswith(("headline", "body")) for name in fields):
        fields["body_en"] = f"<p>Talks have begun, take {next(_numbers)}.</p>"
    made = Update(**{"article": of, "source_language": "en", "state": Update.State.PUBLISHED} | fields)
    with the_actor_or_test(), made.validated_with(PendingRelations(pictures=pictures, embed_url=embed)):
        made.full_clean()
    with the_actor_or_test(), changes.edit(made):
        made.save()
        if authors:
            made.authors.set(authors)
        if topics:
            made.topics.set(topics)
        for position, each in enumerate(pictures):
            each.update, each.position = made, position
            each.save()
        if embed:
            embeds.attach(made, embed)
    return made


def scheduled(of: Article, **fields: Any) -> Update:
    """Create a scheduled update that is due but unpublished."""
    made = update(of, **{"state": "scheduled", "publish_at": timezone.now() + datetime.timedelta(hours=1)} | fields)
    return make_due(made)


def make_due(of: Update) -> Update:
    """Move the time of a scheduled update into the past, which forms refuse."""
    Update._base_manager.filter(pk=of.pk).update(publish_at=timezone.now())
    of.refresh_from_db()
    return of


def log_again(of: Update) -> int:
    """Log an unchanged update as changed, so that readers get it again, and return the revision."""
    with transaction.atomic():
        log.lock(of.article_id)
        return log.append(of.article_id, of.element)


def comment(of: Article | None = None, **fields: Any) -> Comment:
    """Create a comment that waits, in English if no language is given."""
    text = {"language": "en", "name": "Ana", "text": f"Thank you for take {next(_numbers)}."}
    return Comment.objects.create(article=of or article(), **(text | fields))


def proof(email: str) -> str:
    """Confirm an email address, and return the proof that its owner's browser keeps."""
    address = EmailAddress.of(email)
    EmailAddress.objects.filter(pk=address.pk).update(confirmed_at=timezone.now())
    return confirmation.proof_of(address)


def author(name: str = "Ioana Petrescu", language: str = "en", **names: str) -> Author:
    """Create an author with a name in `language`, and in other languages: `name_uk="Йоана Петреску"`."""
    return Author.objects.create(**{"source_language": language, column("name", language): name} | names)


def photo(size: tuple[int, int] = (48, 27), name: str = "hall.png") -> ContentFile:
    """Return the file of a photo."""
    data = io.BytesIO()
    Image.new("RGB", size, "navy").save(data, "PNG")
    return ContentFile(data.getvalue(), name)


def picture(size: tuple[int, int] = (48, 27), **fields: Any) -> Picture:
    """Return a picture for an update, not saved yet."""
    return Picture(image=photo(size), **{"alt_en": "The hall", "credit_en": "Photo: I. Moraru"} | fields)


def state_at(article: Article, revision: int) -> State:
    """Return the state of the article's page at a revision; an invented state if there is none."""
    if change := article.changes.filter(revision=revision).first():
        return change.state
    if change := article.changes.filter(revision=revision + 1).first():
        return change.previous_state
    now = Article._base_manager.get(pk=article.pk).page_state
    return now if now.revision == revision else State(max(revision, 0), "invented")


def lose_changes(article: Article, revision: int) -> None:
    """Set the database back to a revision of the article, like a replica that lags at a failover."""
    state = state_at(article, revision)
    Change.objects.filter(article=article, revision__gt=revision).delete()
    kept = Change.objects.filter(article=article).values_list("element", flat=True)
    lost = [one.pk for one in Update.objects.filter(article=article) if one.element not in set(kept)]
    Update._base_manager.filter(pk__in=lost).delete()
    Article._base_manager.filter(pk=article.pk).update(revision=revision, revision_token=state.token)


def log_of(article: Article) -> list[tuple[int, str]]:
    """Return the change log of an article: revision and element, in order."""
    return list(Change.objects.filter(article=article).order_by("revision").values_list("revision", "element"))
