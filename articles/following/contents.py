"""The text of a notification in one language, according to the article's policy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from articles import kinds
from articles.choices import Policy
from articles.kinds import summary
from articles.models import Article, Translation, Update
from articles.page.live_page import Selection
from articles.text.localized import Text
from articles.text.plaintext import first_words
from articles.translations.selection import ReaderTexts, of_article, of_update
from liveblog.delivery.elements import page_locale
from liveblog.languages import direction
from liveblog.pagination import Place

#: Limit in characters. Browsers show less.
_TITLE_LENGTH, _BODY_LENGTH = 120, 260
#: Limit in words.
_BODY_WORDS = 40

Message = dict[str, Any]

State = Translation.State


def texts_for(update: Update, language: str, *, late: bool) -> ReaderTexts | None:
    """Return the texts of an update for readers of a language; None while better ones are expected.

    late   whether to stop waiting for better ones
    """
    texts = of_update(update, update.article, language)
    if texts is None or late or language == update.source_language:
        return texts
    incomplete = not texts.translated or texts.outdated
    return None if incomplete and _is_coming(update, language) else texts


def _is_coming(update: Update, language: str) -> bool:
    """Return whether a person or a machine may still translate it."""
    row = next((row for row in update.translations.all() if row.language == language), None)
    return row is not None and row.state != State.REFUSED and not kinds.of(update).wordless


def wait_seconds(article: Article, language: str) -> float:
    """Return how long a notification waits for its text."""
    if article.policy(language) == Policy.REVIEWED and language != article.source_language:
        return float(settings.PUSH_REVIEW_SECONDS)
    return float(settings.PUSH_DRAFT_SECONDS)


def published(update: Update, texts: ReaderTexts, level: str) -> Message:
    """Return the message about an update that was published or corrected."""
    article, language = update.article, texts.page_language
    with page_locale(article, language):
        headline = of_article(article, language).text("headline")
        title: Text | str = texts.own("headline") or headline
        body: Text = summary.description(update, texts.language, language)
        lines = [] if body.value == str(title) else [_cut(body.value, _BODY_LENGTH)]
        if update.corrected_at:
            note = texts.text("correction_note")
            title = _("Correction: %(title)s") % {"title": title}
            lines = [_cut(first_words(note.value, _BODY_WORDS, note.language), _BODY_LENGTH)] if note else lines
        elif level == "breaking":
            title = _("Breaking: %(title)s") % {"title": title}
        lines += texts.notes
        return _message(
            Selection(Place("at", update.pk)).address(article.url(language), update.element),
            language,
            title=_cut(str(title), _TITLE_LENGTH),
            body="\n".join(lines),
            # A correction silently replaces the notification on the screen.
            silent=bool(update.corrected_at),
            lang=texts.language,
        )


def withdrawn(article: Article | None, update: Update | None, language: str) -> Message:
    """Return the message that retracts an earlier one."""
    if article is None or language not in article.offered_languages:
        address = reverse("index", args=[language])
        with translation.override(language):
            title = _("We have withdrawn an update.")
            return _message(address, language, title=title, body="", silent=True, lang=language)
    with page_locale(article, language):
        headline = of_article(article, language).text("headline")
        texts = of_update(update, article, language) if update and update.leaves_mark else None
        reason = texts.text("withdrawal_note").value if texts else ""
        title = _("Withdrawn: an update in “%(headline)s”") % {"headline": headline}
        body = _cut(reason, _BODY_LENGTH) or _("We have withdrawn what we told you here.")
        return _message(article.url(language), language, title=title, body=body, silent=True, lang=language)


def _message(address: str, language: str, *, title: str, body: str, silent: bool, lang: str) -> Message:
    return {
        "title": title,
        "body": body,
        "url": address,
        "lang": lang,
        "dir": direction(lang),
        "silent": silent,
        "stop": _("Stop these notifications"),
        "leave": reverse("follow-leave", args=[language]),
        "icon": static("liveblog/icon.svg"),
    }


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"


def languages_of(updates: Iterable[Update]) -> list[str]:
    """Return the languages in which an update or one of its copies can be read."""
    offered = {code for update in updates for code in update.article.offered_languages}
    return [code for code, _name in settings.LANGUAGES if code in offered]
