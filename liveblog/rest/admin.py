"""Access tokens in the admin: each person sees their own, makes new ones, and revokes them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from liveblog.accounts.adapters import send_news
from liveblog.actors import user_of
from liveblog.admin_lang import LangAttributeAdmin, named
from liveblog.rest.forms import TokenForm
from liveblog.rest.models import Token
from liveblog.rest.scopes import Scope


def _proved(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Require a recent authentication, so that nobody can make a token at an unlocked screen.

    Users with neither a password nor a second factor are exempt: they only log in through the company.
    """
    proving = reauthentication_required(view)

    @wraps(view)
    def asking(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        can_prove = get_adapter().get_reauthentication_methods(request.user)
        found: HttpResponseBase = (proving if can_prove else view)(request, *args, **kwargs)
        return found

    return asking


@admin.register(Token)
class TokenAdmin(LangAttributeAdmin):
    form = TokenForm
    fields = ("name", "scopes", "articles", "days")
    autocomplete_fields = ("articles",)
    list_display = ("name", "owner", "scopes_shown", "articles_shown", "expires_at", "last_used_at", "state")
    change_list_template = "admin/liveblog/token/change_list.html"
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Token]:
        """Return the person's own tokens; an administrator sees those of all."""
        found = super().get_queryset(request).select_related("user").prefetch_related("articles")
        return found if request.user.is_superuser else found.filter(user=request.user.pk or 0)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return [name for name in super().get_list_display(request) if name != "owner" or request.user.is_superuser]

    def has_change_permission(self, request: HttpRequest, obj: Token | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Token | None = None) -> bool:
        return False

    # Columns ----------------------------------------------------------------------------------------------------------

    @admin.display(description=_("person"), ordering="user__username")
    def owner(self, token: Token) -> str:
        return token.user.get_full_name() or token.user.get_username()

    @admin.display(description=_("May do"))
    def scopes_shown(self, token: Token) -> str:
        return " · ".join(token.scopes)

    @admin.display(description=_("articles"))
    def articles_shown(self, token: Token) -> str | SafeString:
        if token.every_article:
            return pgettext("articles of an access token", "all")
        return format_html_join(" · ", "{}", ((named(article),) for article in token.articles.all())) or "–"

    @admin.display(description=_("state"))
    def state(self, token: Token) -> SafeString:
        if token.revoked_at:
            name, label = "withdrawn", gettext("Revoked")
        elif token.in_force:
            name, label = "published", gettext("In force")
        else:
            name, label = "draft", gettext("Expired")
        return format_html('<span class="state state-{}">{}</span>', name, label)

    # Making one -------------------------------------------------------------------------------------------------------

    def get_form(
        self, request: HttpRequest, obj: Token | None = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm]:
        form = super().get_form(request, obj, change, **kwargs)
        assert issubclass(form, TokenForm)
        form.owner = user_of(request)
        return form

    @method_decorator(never_cache)
    @method_decorator(_proved)
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        one_button: dict[str, object] = {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().add_view(request, form_url, one_button | (extra_context or {}))

    def save_form(self, request: HttpRequest, form: forms.ModelForm, change: bool) -> Token:
        return form.instance

    def save_model(self, request: HttpRequest, obj: Token, form: forms.ModelForm, change: bool) -> None:
        assert isinstance(form, TokenForm)
        data = form.cleaned_data
        made, secret = Token.make(form.owner, data["name"], data["scopes"], data["articles"], valid_for=form.valid_for)
        obj.__dict__.update(made.__dict__)
        request.new_token = secret  # type: ignore[attr-defined]
        send_news(request, form.owner, _("An access token for a program was created with your account."))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Do nothing: `Token.make` has stored the articles."""

    def response_add(self, request: HttpRequest, obj: Token, post_url_continue: str | None = None) -> HttpResponse:
        """Show the secret, which only this response contains."""
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Your new access token"),
            "opts": self.opts,
            "token": obj,
            "secret": request.new_token,  # type: ignore[attr-defined]
            "scopes": [Scope(scope).label for scope in obj.scopes],
            "articles": self.articles_shown(obj),
        }
        return TemplateResponse(request, "admin/liveblog/token/made.html", context)

    # Showing and revoking one -----------------------------------------------------------------------------------------

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        token = self.object_or_404(request, object_id)
        if not self.has_view_permission(request, token):
            raise PermissionDenied
        if request.method == "POST":
            if token.revoke():
                messages.success(request, gettext("The access token was revoked. No program can use it any more."))
            return HttpResponseRedirect(reverse("admin:liveblog_token_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Access token"),
            "opts": self.opts,
            "item": token,
            "token": token,
            "scopes": [Scope(scope).label for scope in token.scopes],
            "articles": self.articles_shown(token),
            "state": self.state(token),
            "owner": self.owner(token) if token.user != request.user else "",
        }
        return TemplateResponse(request, "admin/liveblog/token/detail.html", context)
