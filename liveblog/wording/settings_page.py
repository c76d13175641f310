"""The pages of settings on which a newsroom finds messages of the interface and replaces their texts."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from liveblog import actors
from liveblog.audit.models import Action
from liveblog.audit.recording import record
from liveblog.lists import listed
from liveblog.newsroom import settings as settings_pages
from liveblog.newsroom.settings import Section
from liveblog.search import folding
from liveblog.wording import catalogue, current, interchange, places, rules
from liveblog.wording.catalogue import Message
from liveblog.wording.forms import CONFLICT, ImportForm, WordsForm
from liveblog.wording.models import Wording

_PERMISSION = "liveblog.change_wording"

#: Number of messages on one page of results.
_MAX_SHOWN = 60
#: The greatest number of a site's own texts in one language, and of decisions that are listed for one message.
_MAX_WORDS = 2000
_MAX_DECISIONS = 20
#: The greatest number of messages that are suggested in place of a removed one, and their least similarity to it.
_MAX_CLOSE, _LIKENESS = 3, 0.6


@admin.site.admin_view
@never_cache
def words(request: HttpRequest) -> HttpResponse:
    """List the newsroom's own texts, or the messages that a search finds."""
    _check(request)
    return _list(request, ImportForm())


def _list(request: HttpRequest, form: ImportForm, status: int = 200) -> HttpResponse:
    language = request.POST.get("to") or request.GET.get("to", "")
    if language not in dict(settings.LANGUAGES):
        language = translation.get_language() or settings.LANGUAGE_CODE
    query = request.GET.get("q", "").strip()[: folding.MAX_QUERY_LENGTH]
    own = {wording.key: wording for wording in Wording.objects.in_force().filter(language=language)}
    known = catalogue.messages()
    found = _found(query, language, own) if query else [known[key] for key in own if key in known]
    form.initial["to"] = language
    context = {
        "languages": [code for code, _name in settings.LANGUAGES],
        "language": language,
        "query": query,
        "rows": [_row(message, language, own) for message in found[:_MAX_SHOWN]],
        "total": len(found),
        "more": len(found) > _MAX_SHOWN,
        "own": len(own),
        "gone": [
            {"texts": wording.texts, "english": wording.message, "url": _url(language, key)}
            for key, wording in own.items()
            if key not in known
        ],
        "import_form": form,
    }
    return _page(request, "admin/settings/words.html", context, status)


@admin.site.admin_view
@never_cache
def message_words(request: HttpRequest, language: str, key: str) -> HttpResponse:
    """Show a message with its places and its history, and save the newsroom's texts for it."""
    _check(request)
    message = catalogue.messages().get(key)
    if message is None:
        return _gone(request, language, key)
    product = current.product_texts(language, message)
    decisions = list(Wording.objects.of(language, message)[:_MAX_DECISIONS])
    last = decisions[0] if decisions else None
    texts = last.texts if last else []
    form = WordsForm(
        request.POST if request.method == "POST" else None,
        message=message,
        language=language,
        product=product,
        texts=texts,
        last=last.number if last else 0,
    )
    if form.is_valid() and _saved(request, language, message, form, texts):
        messages.success(request, _("Saved. All pages have these words within seconds."))
        return redirect(request.path)
    context = {
        "message": message,
        "language": language,
        "form": form,
        "placeholders": rules.placeholders("\n".join(message.english)),
        "places": places.places_of(message, language),
        "is_own": bool(texts),
        "replaced": last.product_texts if texts and last and last.product_texts != product else [],
        "decisions": decisions,
        "back": f"{reverse('settings-section', args=['words'])}?to={language}",
    }
    return _page(request, "admin/settings/message.html", context, 422 if form.errors else 200)


def _saved(request: HttpRequest, language: str, message: Message, form: WordsForm, texts: Sequence[str]) -> bool:
    """Save the texts of a form in place of `texts`. If that fails, add an error to the form and return False."""
    if form.texts == texts:
        return True
    if form.texts and not texts and _is_full(language):
        form.add_error(None, _("There are too many words of your own in this language."))
        return False
    try:
        with transaction.atomic():
            _decide(request, language, [(message, form.texts)])
    except IntegrityError:
        form.add_error(None, CONFLICT)
        return False
    return True


def _gone(request: HttpRequest, language: str, key: str) -> HttpResponse:
    """Show texts whose message the product no longer has. They stay until somebody removes them."""
    own = {each.key: each for each in Wording.objects.in_force().filter(language=language)}
    if key not in own:
        raise Http404
    wording = own[key]
    if request.method == "POST":
        with transaction.atomic():
            _decide(request, language, [(wording.source, [])])
        messages.success(request, _("The words were removed."))
        return redirect(f"{reverse('settings-section', args=['words'])}?to={language}")
    close = [_row(message, language, own) for message in _alike(wording.source)]
    context = {"wording": wording, "language": language, "close": close}
    context["back"] = f"{reverse('settings-section', args=['words'])}?to={language}"
    return _page(request, "admin/settings/message_gone.html", context)


@admin.site.admin_view
@never_cache
@require_safe
def export_words(request: HttpRequest, language: str) -> HttpResponse:
    """Return the newsroom's texts in a language as a PO file."""
    _check(request)
    response = HttpResponse(interchange.exported(language), content_type="text/x-gettext-translation; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="words-{language}.po"'
    return response


@admin.site.admin_view
@never_cache
@require_POST
def import_words(request: HttpRequest) -> HttpResponse:
    """Import the texts of a PO file: all of them, or none if one is wrong."""
    _check(request)
    form = ImportForm(request.POST, request.FILES)
    if not form.is_valid():
        return _list(request, form, 422)
    language = form.cleaned_data["to"]
    try:
        with transaction.atomic():
            found = interchange.read(form.cleaned_data["file"].read(), language)
            _decide(request, language, found.words)
            if _is_full(language):
                raise ValidationError(_("There are too many words of your own in this language."))
    except IntegrityError:
        form.add_error("file", CONFLICT)
        return _list(request, form, 422)
    except ValidationError as error:
        form.add_error("file", error)
        return _list(request, form, 422)
    count = len(found.words)
    text = ngettext("%(count)d text was changed.", "%(count)d texts were changed.", count) % {"count": count}
    messages.success(request, text)
    if found.unknown:
        shown = listed(f"“{text[:60]}”" for text in found.unknown[:5])
        messages.warning(request, _("The site doesn’t have these texts: %(texts)s") % {"texts": shown})
    return redirect(f"{reverse('settings-section', args=['words'])}?to={language}")


def _check(request: HttpRequest) -> None:
    if not request.user.has_perm(_PERMISSION):
        raise PermissionDenied


def _page(request: HttpRequest, template: str, context: Mapping[str, Any], status: int = 200) -> HttpResponse:
    sections = settings_pages.sections_for(request)
    address = reverse("settings-section", args=["words"])
    for section in sections:
        section["here"] = section["url"] == address
    shown = {**admin.site.each_context(request), "title": _("Settings"), "sections": sections, **context}
    return render(request, template, shown, status=status)


def _is_full(language: str) -> bool:
    return Wording.objects.in_force().filter(language=language).count() > _MAX_WORDS


def _decide(request: HttpRequest, language: str, decided: Iterable[tuple[Message, list[str]]]) -> None:
    """Write decisions, and an entry of the audit log for each."""
    with_product = [(message, texts, current.product_texts(language, message)) for message, texts in decided]
    user = actors.user_of(request)
    rows = Wording.decide(language, with_product, user)
    for row in rows:
        about = f"words: {row.message}"
        record(Action.SITE_CHANGED, about, actor=user, language=language, texts=row.texts, product=row.product_texts)
    if rows:
        current.look_after_commit()


def _row(message: Message, language: str, own: Mapping[str, Wording]) -> dict[str, Any]:
    product = current.product_texts(language, message)
    return {
        "texts": own[message.key].texts if message.key in own else product,
        "is_own": message.key in own,
        "product": product,
        "english": [] if product == message.english and language == "en" else message.english,
        "context": message.context,
        "places": listed(places.labels_of(message)),
        "url": _url(language, message.key),
    }


def _url(language: str, key: str) -> str:
    return reverse("settings-words-message", args=[language, key])


# Search ---------------------------------------------------------------------------------------------------------------


def _found(query: str, language: str, own: Mapping[str, Wording]) -> list[Message]:
    """Return the messages that have all words of a query, in the present texts or in English: the closest first."""
    wanted, plain = folding.words_of(query), query.casefold()
    found = []
    for place, (message, text, folded) in enumerate(_searched(language)):
        mine = "\n".join(own[message.key].texts) if message.key in own else ""
        whole = f"{text}\n{mine}".casefold()
        by_words = bool(wanted) and all(
            any(folding.part(form) in folded or (mine and folding.part(form) in folding.fold(mine)) for form in forms)
            for forms in wanted
        )
        if by_words or plain in whole:
            lines = whole.split("\n")
            rank = 0 if plain in lines else 1 if any(line.startswith(plain) for line in lines) else 2
            found.append((rank, len(text), place, message))
    return [message for *_rank, message in sorted(found, key=lambda each: each[:3])]


@lru_cache(maxsize=8)
def _searched(language: str) -> list[tuple[Message, str, str]]:
    """Return all messages with the product's texts in a language and in English, each also folded."""
    rows = []
    for message in catalogue.messages().values():
        texts = dict.fromkeys([*current.product_texts(language, message), *message.english])
        text = "\n".join(texts)
        rows.append((message, text, folding.fold(f"{text} {message.context}")))
    return rows


def _alike(message: Message) -> list[Message]:
    by_text = {each.singular: each for each in catalogue.messages().values() if each.files}
    close = difflib.get_close_matches(message.singular, by_text, _MAX_CLOSE, _LIKENESS)
    return [by_text[text] for text in close]


def register() -> None:
    settings_pages.register(Section(gettext_lazy("Words"), "words", words, _PERMISSION, 15))
