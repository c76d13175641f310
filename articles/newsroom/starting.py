"""Start a coverage from one line: the other settings are filled in, and can be changed at the desk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import regex
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language

from articles import changes
from articles.models import Article, Author, CoverageDefaults, Update
from liveblog.actors import acting_as
from liveblog.languages import column, script_of
from liveblog.translation import detector

if TYPE_CHECKING:
    from django.contrib.auth.models import User

State = Article.State

#: The number of coverages from which defaults are derived, and the number that "as last time" offers.
RECENT = 20

#: If the same line is sent twice within this time, it starts only one coverage.
SAME_WITHIN = timedelta(minutes=2)

#: Scripts (ISO 15924) that combine several Unicode scripts or are variants of one, with the script of their letters.
_LETTERS = {"Hans": "Hani", "Hant": "Hani", "Jpan": "Hani", "Kore": "Hang", "Aran": "Arab"}

#: Copies another app's settings of a coverage, such as the rules for comments, from one article to another.
Copier = Callable[[Article, Article], None]

_copiers: list[Copier] = []


def register(copier: Copier) -> None:
    """Call `copier` when a coverage starts "as last time"."""
    _copiers.append(copier)


@dataclass
class Plan:
    """The settings of a new coverage. `filled_in` describes all except the headline."""

    headline: str
    language: str
    languages: Sequence[str]
    time_zone: str
    authors: Sequence[Author]
    #: The earlier coverage whose settings it takes; None for the defaults.
    model: Article | None = None
    starts_at: datetime | None = None
    policies: dict[str, str] = field(default_factory=dict)


def language_of(headline: str, user: User) -> str:
    """Return the language of a line: the detected one, or else that of the user's last update."""
    offered = [code for code, _name in settings.LANGUAGES]
    # A headline with non-Latin letters is in a language of that script.
    scripts = {code: _LETTERS.get(script_of(code), script_of(code)) for code in offered}
    others = {script for script in scripts.values() if script != "Latn"}
    written = {script for script in others if regex.search(rf"\p{{Script={script}}}", headline)} or {"Latn"}
    among = [code for code in offered if scripts[code] in written]
    if len(among) == 1 and written != {"Latn"}:
        return among[0]
    if found := detector.language_of(headline, among):
        return found[0]
    last = Update.objects.filter(written_by=user).order_by("-pk").values_list("source_language", flat=True).first()
    candidates = [last, get_language(), settings.LANGUAGE_CODE, *among, *offered]
    return next(code for code in candidates if code in (among or offered))


def recent() -> list[Article]:
    """Return the coverage that can be used as a model, the newest first."""
    return list(Article.objects.order_by("-coverage_start", "-pk")[:RECENT])


def plan(headline: str, user: User, *, language: str = "", model: Article | None = None) -> Plan:
    """Return the settings of a coverage with this headline if no others are given.

    language   the language of the headline, if the user has chosen one
    model      the earlier coverage whose settings are taken
    """
    written_in = language or language_of(headline, user)
    languages: Sequence[str]
    if model is not None:
        languages, zone = model.offered_languages, model.time_zone
        authors, policies = list(model.authors.order_by("pk")), dict(model.policies)
    else:
        languages, zone, policies = _usual()
        own = Author.objects.filter(user=user).first()
        authors = [own] if own else []
    offered = [code for code, _name in settings.LANGUAGES]
    wanted = {written_in, *languages}
    return Plan(
        headline=headline,
        language=written_in,
        languages=[code for code in offered if code in wanted],
        time_zone=zone,
        authors=authors,
        model=model,
        policies=policies,
    )


def _usual() -> tuple[Sequence[str], str, dict[str, str]]:
    """Return the default languages, time zone and policies.

    They are those of the settings; if nobody has set any, the most frequent ones of the last coverage, and on a new
    site those of the site.
    """
    chosen = CoverageDefaults.objects.filter(pk=1).first()
    if chosen is not None and chosen.languages:
        values = chosen.values
        return values["languages"], values["time_zone"], values["policies"]
    rows = [(tuple(article.offered_languages), article.time_zone) for article in recent()]
    languages = Counter(codes for codes, _zone in rows if codes).most_common(1)
    zones = Counter(zone for _codes, zone in rows).most_common(1)
    return (
        languages[0][0] if languages else [code for code, _name in settings.LANGUAGES],
        zones[0][0] if zones else timezone.get_default_timezone_name(),
        dict(chosen.policies) if chosen else {},
    )


def start(wanted: Plan, user: User, state: str, *, begins_with_update: bool = False, slug: str = "") -> Article:
    """Create the coverage, live or announced, and return it. Raise ValidationError if it cannot be.

    begins_with_update   whether it is announced, but unlisted, until its first update makes it live

    If a user sends the same line twice at once, it starts only one coverage.
    """
    headline = column("headline", wanted.language)
    with transaction.atomic(), acting_as(user):
        since = timezone.now() - SAME_WITHIN
        same = Article.objects.filter(events__user=user, events__at__gte=since, **{headline: wanted.headline})
        if (before := same.exclude(state=State.FINISHED).first()) is not None:
            return before
        article = Article(
            slug=slug or Article.free_slug(wanted.headline, wanted.language),
            source_language=wanted.language,
            languages=wanted.languages,
            time_zone=wanted.time_zone,
            state=state,
            begins_with_update=begins_with_update,
            policies=wanted.policies,
            **{headline: wanted.headline},
        )
        if wanted.starts_at is not None:
            article.coverage_start = wanted.starts_at
        if wanted.model is not None:
            article.shows_writing = wanted.model.shows_writing
            article.needs_release = wanted.model.needs_release and user.has_perm("articles.switch_release")
        else:
            # Editors have chosen it for all new coverage.
            usual = CoverageDefaults.stored()
            article.shows_writing, article.needs_release = usual.shows_writing, usual.needs_release
            article.begins_with_release = usual.needs_release
        # The column without a language repeats that of the active one.
        article.full_clean(exclude=["headline"])
        with changes.edit(article):
            article.save()
            article.authors.set(wanted.authors)
            if wanted.model is not None:
                article.topics.set(wanted.model.topics.all())
        if wanted.model is not None:
            for copier in _copiers:
                copier(wanted.model, article)
        return article


def take_over(article: Article, model: Article, user: User) -> None:
    """Copy the recurring settings of a coverage: languages, time zone, policies, people, topics and rules.

    Raise ValidationError if the user may not set them.
    """
    with transaction.atomic(), acting_as(user):
        changes.lock(article)
        article.refresh_from_db()
        article.languages = [*model.languages, article.source_language]
        article.time_zone, article.policies = model.time_zone, model.policies
        article.shows_writing = model.shows_writing
        if user.has_perm("articles.switch_release"):
            article.needs_release = model.needs_release
        # The column without a language repeats that of the active one.
        article.full_clean(exclude=["headline"])
        with changes.edit(article):
            article.save()
            article.authors.set(model.authors.all())
            article.topics.set(model.topics.all())
        for copier in _copiers:
            copier(model, article)
