"""The pages of stored settings: a form of groups, some of which have a button to test them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from liveblog.actors import user_of
from liveblog.audit.models import Action
from liveblog.audit.recording import record
from liveblog.configuration import services
from liveblog.configuration.forms import OptionsForm
from liveblog.configuration.options import trying
from liveblog.configuration.services import Test
from liveblog.newsroom import settings as settings_pages
from liveblog.newsroom.settings import Section
from liveblog.translation.order import NAMES

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

PERMISSION = "liveblog.change_storedsetting"


@dataclass(frozen=True)
class Group:
    """Settings that belong together.

    name        an identifier, unique on its page
    options     the names of its options
    test        tests the service that they describe; None if there is nothing to test
    is_set_up   returns whether they are complete; None if they always are
    """

    name: str
    label: _StrOrPromise
    options: Sequence[str]
    note: _StrOrPromise = ""
    test: Test | None = None
    is_set_up: Callable[[], bool] | None = None


def page(groups: Sequence[Group], subject: str, *, note: _StrOrPromise = "") -> Callable[[HttpRequest], HttpResponse]:
    """Return the view of a page of groups. `subject` is how the audit log names it."""

    @admin.site.admin_view
    @never_cache
    @sensitive_post_parameters()
    def view(request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm(PERMISSION):
            raise PermissionDenied
        tested = next((each for each in groups if request.POST.get("test") == each.name), None)
        names = [name for each in groups for name in each.options]
        form = OptionsForm(names, request.POST if request.method == "POST" else None)
        result = None
        if tested and tested.test:
            # Errors in other groups do not affect the test.
            if not set(tested.options) & form.errors.keys():
                with trying(form.values()):
                    result = tested.test()
        elif form.is_valid():
            with transaction.atomic():
                if changed := form.save(user_of(request)):
                    record(Action.SITE_CHANGED, subject, changed=changed)
            messages.success(request, _("Saved."))
            return redirect(request.path)
        return render(request, "admin/settings/options.html", _context(request, groups, form, tested, result, note))

    return view


def _context(
    request: HttpRequest,
    groups: Sequence[Group],
    form: OptionsForm,
    tested: Group | None,
    result: services.Result | None,
    note: _StrOrPromise,
) -> dict[str, Any]:
    shown_groups = []
    for each in groups:
        ready = bool(each.is_set_up and each.is_set_up())
        has_errors = any(name in form.errors for name in each.options)
        shown_groups.append(
            {
                "group": each,
                "rows": [form.row(name) for name in each.options],
                "ready": ready,
                "open": ready or has_errors or each is tested or len(groups) == 1,
                "result": result if each is tested else None,
            }
        )
    return admin.site.each_context(request) | {
        "title": _("Settings"),
        "sections": settings_pages.sections_for(request),
        "form": form,
        "note": note,
        "groups": shown_groups,
    }


def _engine(name: str, label: _StrOrPromise, *options: str) -> Group:
    return Group(
        name,
        label,
        options,
        test=services.engine_test(name),
        is_set_up=lambda: services.is_set_up(name),
    )


TRANSLATION = (
    Group("use", gettext_lazy("Use"), ("TRANSLATION_ENGINES", "TRANSLATION_PRICES", "TRANSLATE_UNPUBLISHED")),
    _engine("deepl", NAMES["deepl"], "DEEPL_API_KEY", "DEEPL_FORMALITY", "DEEPL_URL"),
    _engine("llm", gettext_lazy("Language model (LLM)"), "LLM_URL", "LLM_MODEL", "LLM_API_KEY", "LLM_STYLE"),
    _engine("google", "Google Cloud Translation", "GOOGLE_TRANSLATE_API_KEY"),
    _engine("azure", "Azure AI Translator", "AZURE_TRANSLATOR_KEY", "AZURE_TRANSLATOR_REGION"),
    _engine("libretranslate", NAMES["libretranslate"], "LIBRETRANSLATE_URL", "LIBRETRANSLATE_API_KEY"),
)

RETENTION = (
    Group("retention", gettext_lazy("Deleted automatically"), ("AUDIT_KEEP_DAYS", "COMMENTS_KEEP_ADDRESS_DAYS")),
    Group("contact", gettext_lazy("For readers"), ("PRIVACY_CONTACT",)),
)


def register() -> None:
    keys = gettext_lazy("Keys are encrypted and never shown again.")
    kept = gettext_lazy(
        "Coverage, its versions and comments are kept until someone deletes them. Encoded network addresses of "
        "poll votes and the log of webhooks are deleted after 30 days."
    )
    for label, name, view, place in (
        (gettext_lazy("Machine translation"), "translation", page(TRANSLATION, "machine translation", note=keys), 30),
        (gettext_lazy("Data retention"), "retention", page(RETENTION, "data retention", note=kept), 70),
    ):
        settings_pages.register(Section(label, name, view, PERMISSION, place))
