"""The addresses with which a browser follows and unfollows. Pages use them only after a reader presses 'Follow'.

A request names the browser's endpoint in its body, which only the browser and its push service know, so it needs
neither cookie nor account; and the endpoint is not logged.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import time
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.dateparse import parse_time
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from articles.following import audience
from articles.following.models import Follow, Level, Story
from articles.following.stories import published_copies
from articles.models import Article, Author, Topic
from articles.templatetags.live import own_name
from articles.translations.selection import of_article
from liveblog import json_input, limits
from liveblog.languages import direction
from liveblog.origin import from_here
from liveblog.parameters import reads
from liveblog.webpush import vapid
from liveblog.webpush.endpoints import Endpoint, address_of
from liveblog.webpush.models import PushSubscription

#: In bytes. A subscription has some hundred.
_MAX_BODY = 8192
#: Number of requests that one network address may send in ten minutes.
_MAX_REQUESTS = 120
#: Number of coverage, topics and authors that one browser can follow.
MAX_FOLLOWS = 200

_MODELS: dict[str, type[Article] | type[Topic] | type[Author]] = {"article": Article, "topic": Topic, "author": Author}

Data = dict[str, Any]
Answer = dict[str, Any]


def _json_view(view: Callable[[HttpRequest, str, Data], Answer]) -> Callable[..., HttpResponse]:
    """Decorate a view that takes a JSON object from our own pages and returns one. Respond to a ValidationError."""

    @reads()
    @csrf_exempt  # Pages have no cookie; `from_here` rejects other sites by the headers Origin and Sec-Fetch-Site.
    @never_cache
    @require_POST
    @wraps(view)
    def answered(request: HttpRequest, language: str) -> HttpResponse:
        if not from_here(request):
            raise PermissionDenied
        if not limits.allowed(request, "follow", _MAX_REQUESTS, 600):
            text = _("You have sent too many requests in a short time. Please wait a few minutes and try again.")
            return JsonResponse({"message": text}, status=429, headers={"Retry-After": "600"})
        try:
            with transaction.atomic():
                return JsonResponse(view(request, language, _body(request)))
        except ValidationError as error:
            return JsonResponse({"message": " ".join(error.messages)}, status=422)

    return answered


def _body(request: HttpRequest) -> Data:
    if int(request.headers.get("Content-Length") or 0) > _MAX_BODY or len(request.body) > _MAX_BODY:
        raise _unreadable()
    try:
        found = json_input.loads(request.body)
    except ValueError:
        raise _unreadable() from None
    if not isinstance(found, dict) or "\\u0000" in request.body.decode(errors="replace"):
        raise _unreadable()
    return found


def _unreadable() -> ValidationError:
    return ValidationError(_("This request can’t be read. Reload the page and try again."))


# Following and leaving ------------------------------------------------------------------------------------------------


@_json_view
def follow(request: HttpRequest, language: str, data: Data) -> Answer:
    """Follow a coverage, a topic or an author in the language of the page, at a level; or change the level."""
    if not vapid.configured():
        raise ValidationError(_("This site doesn’t offer notifications at present."))
    level = data.get("level")
    if level not in Level.values:
        raise ValidationError(_("Choose what you want to be notified of."))
    kind, subject = _subject(data, language)
    subscription = PushSubscription.keep(Endpoint.of(data.get("subscription")), str(data.get("time_zone", "")))
    others = subscription.follows.exclude(**{kind: subject.pk})
    if others.count() >= MAX_FOLLOWS:
        raise ValidationError(_("You already follow as much as one browser can. Stop following something first."))
    values = {"level": level, "language": language}
    named: Data = {"subscription": subscription, kind: subject}
    Follow.objects.update_or_create(**named, defaults=values)
    return _state(subscription, language)


@_json_view
def leave(request: HttpRequest, language: str, data: Data) -> Answer:
    """Stop following one subject, all subjects of a notification, or everything."""
    subscription = _subscription(data)
    if subscription is None:
        return _state(None, language)
    if data.get("everything") is True:
        subscription.follows.all().delete()
    elif isinstance(story := data.get("story"), int):
        _of_story(subscription, story).delete()
    else:
        kind = data.get("kind")
        if kind not in _MODELS or not isinstance(data.get("id"), int):
            raise _unreadable()
        # It may no longer exist.
        subscription.follows.filter(**{kind: _id(data)}).delete()
    # Keep no data of a browser that follows nothing.
    deleted, _models = PushSubscription.objects.unused().filter(pk=subscription.pk).delete()
    return _state(None if deleted else subscription, language)


def _of_story(subscription: PushSubscription, pk: int) -> QuerySet[Follow]:
    """Return the follows of a subscription that led to the notification of a story."""
    story = Story.objects.filter(pk=_bounded(pk)).first()
    if story is None:
        return Follow.objects.none()
    updates = published_copies(story)
    if updates:
        subjects = audience.subjects_of(updates)
    else:
        subjects = audience.Subjects(frozenset(filter(None, [story.article_id])))
    return Follow.objects.filter(pk__in=subjects.follows().filter(subscription=subscription).values("pk"))


@_json_view
def state(request: HttpRequest, language: str, data: Data) -> Answer:
    """Respond with the subjects that a browser follows."""
    return _state(_subscription(data), language)


@_json_view
def quiet_hours(request: HttpRequest, language: str, data: Data) -> Answer:
    """Set the hours in which a browser wants no notifications; none if either end is empty."""
    subscription = _subscription(data)
    if subscription is None:
        raise ValidationError(_("You aren’t following anything in this browser yet."))
    begin, end = _time(data.get("from")), _time(data.get("until"))
    if begin is not None and begin == end:
        raise ValidationError(_("Quiet hours can’t begin and end at the same time."))
    both = begin is not None and end is not None
    subscription.quiet_from, subscription.quiet_until = (begin, end) if both else (None, None)
    subscription.set_time_zone(str(data.get("time_zone", "")))
    subscription.save()
    return _state(subscription, language)


@_json_view
def renew(request: HttpRequest, language: str, data: Data) -> Answer:
    """Replace the former endpoint of a browser by its new one (Push API, `pushsubscriptionchange`)."""
    former = _subscription(data)
    present = Endpoint.of(data.get("subscription"))
    if former is None:
        return {}
    if present.address != former.endpoint:
        PushSubscription.objects.filter(endpoint=present.address).delete()
    former.endpoint, former.public_key, former.secret = present.address, present.public_key, present.secret
    former.refusals = 0
    former.save()
    return _state(former, language)


def _subscription(data: Data) -> PushSubscription | None:
    return PushSubscription.objects.filter(endpoint=address_of(data.get("endpoint"))).first()


def _subject(data: Data, language: str) -> tuple[str, Model]:
    kind = data.get("kind")
    model = _MODELS.get(kind) if isinstance(kind, str) else None
    found = model._default_manager.filter(pk=_id(data)).first() if model else None
    if found is None or (isinstance(found, Article) and language not in found.offered_languages):
        raise ValidationError(_("This no longer exists. Reload the page."))
    return str(kind), found


def _id(data: Data) -> int:
    return _bounded(data.get("id"))


def _bounded(value: object) -> int:
    """Return a primary key within the range of the database."""
    return value if isinstance(value, int) and 0 < value < 2**63 else 0


def _time(text: object) -> time | None:
    if text in (None, ""):
        return None
    try:
        found = parse_time(text) if isinstance(text, str) and len(text) <= 8 else None
    except ValueError:
        found = None
    if found is None or found.tzinfo is not None:
        raise ValidationError(_("Enter a time of day, such as 22:00."))
    return found.replace(second=0, microsecond=0)


# The subjects that a browser follows ----------------------------------------------------------------------------------


def _state(subscription: PushSubscription | None, language: str) -> Answer:
    if subscription is None:
        return {"follows": [], "quiet": None}
    rows = subscription.follows.select_related("article", "topic", "author").order_by("-created_at", "-pk")
    quiet = None
    if subscription.quiet_from and subscription.quiet_until:
        quiet = {"from": f"{subscription.quiet_from:%H:%M}", "until": f"{subscription.quiet_until:%H:%M}"}
    return {"follows": [_told(row, language) for row in rows[:MAX_FOLLOWS]], "quiet": quiet}


def _told(row: Follow, language: str) -> Answer:
    name, lang, url = _named(row, language)
    return {
        "kind": row.subject_kind,
        "id": row.subject_id,
        "level": row.level,
        "name": name,
        "lang": lang,
        "dir": direction(lang),
        "url": url,
        "language": own_name(row.language),
    }


def _named(row: Follow, language: str) -> tuple[str, str, str]:
    """Return the name of a followed subject, the language of the name, and the address of its page, if there is one."""
    if row.article is not None:
        name = of_article(row.article, language).text("headline")
        return name.value, name.language, row.article.url(row.language)
    if row.topic is not None:
        return str(row.topic), language, reverse("topic", args=[row.language, row.topic.slug])
    assert row.author is not None
    byline = row.author.name_for(language)
    return byline.value, byline.language, reverse("author", args=[row.language, row.author.pk])


@reads()
@require_safe
def following(request: HttpRequest, language: str) -> HttpResponse:
    """The page on which readers see what they follow, and unfollow. It is the same for all; the browser fills it in."""
    levels = json.dumps({value: str(label) for value, label in Level.choices})
    context = {
        "language": language,
        "levels": levels,
        "addresses": [
            {"language": code, "url": reverse("following", args=[code])} for code, _name in settings.LANGUAGES
        ],
    }
    response = TemplateResponse(request, "articles/following.html", context)
    response.headers["X-Robots-Tag"] = "noindex"
    patch_cache_control(response, public=True, max_age=60)
    return response
