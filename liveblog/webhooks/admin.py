"""Webhooks in the admin, with their deliveries."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _

from liveblog.actors import user_of
from liveblog.admin_lang import LangAttributeAdmin, named
from liveblog.audit.models import Action
from liveblog.audit.recording import record
from liveblog.moments.admin import MomentsAdmin
from liveblog.webhooks import events, sending, signing
from liveblog.webhooks.forms import WebhookForm
from liveblog.webhooks.models import Delivery, Webhook

#: Number of deliveries on the page of a webhook.
_MAX_SHOWN = 10


@admin.register(Webhook)
class WebhookAdmin(LangAttributeAdmin):
    form = WebhookForm
    fields = ("name", "address", "events", "articles", "is_on")
    autocomplete_fields = ("articles",)
    list_display = ("name", "address", "articles_shown", "state", "succeeded_at")
    change_form_template = "admin/liveblog/webhook/change_form.html"
    change_list_template = "admin/liveblog/webhook/change_list.html"
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Webhook]:
        return super().get_queryset(request).prefetch_related("articles")

    @admin.display(description=_("articles"))
    def articles_shown(self, webhook: Webhook) -> str | SafeString:
        if webhook.every_article:
            return pgettext("articles of a webhook", "all")
        return format_html_join(" · ", "{}", ((named(article),) for article in webhook.articles.all())) or "–"

    @admin.display(description=_("state"))
    def state(self, webhook: Webhook) -> SafeString:
        if not webhook.is_on:
            name, label = "draft", pgettext("state of a webhook", "Off")
        elif webhook.failing_since:
            name, label = "withdrawn", pgettext("state of a webhook", "Failing")
        else:
            name, label = "published", pgettext("state of a webhook", "On")
        return format_html('<span class="state state-{}">{}</span>', name, label)

    def get_fields(self, request: HttpRequest, obj: Webhook | None = None) -> list[Any]:
        found = list(self.fields)
        if obj is not None and obj.lost_its_articles and self.has_change_permission(request, obj):
            found.insert(found.index("articles") + 1, "all")
        return found

    # Saving -----------------------------------------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Webhook, form: forms.ModelForm, change: bool) -> None:
        is_on = form.cleaned_data["is_on"]
        if not change:
            obj.owner = user_of(request)
            obj.secret = signing.new_secret()
        was_on = not change or Webhook.objects.filter(pk=obj.pk, is_on=True).exists()
        obj.is_on = was_on
        if change:
            # A process that sends to it may have taken it since it was read, or noted a success or a failure.
            obj.save(update_fields={field.name for field in obj._meta.fields} & form.cleaned_data.keys() - {"is_on"})
        else:
            super().save_model(request, obj, form, change)
        record(Action.WEBHOOK_CHANGED, obj.about, address=_server_of(obj.address), events=obj.events)
        if was_on and not is_on:
            obj.switch_off(Webhook.Reason.PERSON)
        elif is_on and not was_on:
            obj.switch_on()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        # An empty list that the user has not emptied is that of deleted articles.
        if form.limits_anew:
            form.instance.limit_to(form.cleaned_data["articles"])

    def delete_model(self, request: HttpRequest, obj: Webhook) -> None:
        record(Action.DELETED, obj.about)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> None:
        for webhook in queryset:
            record(Action.DELETED, webhook.about)
        super().delete_queryset(request, queryset)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        deleted, counts, _lacking, protected = super().get_deleted_objects(objs, request)
        # Deliveries are deleted with their webhook, for which no separate permission is needed.
        return deleted, counts, set(), protected

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        one_button: dict[str, object] = {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().add_view(request, form_url, one_button | (extra_context or {}))

    def response_add(self, request: HttpRequest, obj: Webhook, post_url_continue: str | None = None) -> HttpResponse:
        return self._secret_page(request, obj)

    def _secret_page(self, request: HttpRequest, webhook: Webhook) -> HttpResponse:
        """Show the secret, which no later page shows again."""
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("The secret of the webhook"),
            "opts": self.opts,
            "item": webhook,
            "webhook": webhook,
        }
        response = TemplateResponse(request, "admin/liveblog/webhook/secret.html", context)
        response.headers["Cache-Control"] = "no-store, private"
        return response

    # One webhook ------------------------------------------------------------------------------------------------------

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        webhook = self.object_or_404(request, object_id)
        assert isinstance(webhook, Webhook)
        if request.method == "POST" and {"_test", "_renew"} & request.POST.keys():
            if not self.has_change_permission(request, webhook):
                raise PermissionDenied
            if "_renew" in request.POST:
                webhook.renew_secret()
                webhook.save(update_fields=["secret", "old_secret", "old_secret_until"])
                record(Action.WEBHOOK_CHANGED, webhook.about, secret="renewed")  # noqa: S106 - says only that
                return self._secret_page(request, webhook)
            return self._test(request, webhook)
        context = {
            "webhook": webhook,
            "webhook_state": self.state(webhook),
            "deliveries": [_row(delivery) for delivery in webhook.deliveries.all()[:_MAX_SHOWN]],
        }
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def _test(self, request: HttpRequest, webhook: Webhook) -> HttpResponse:
        if not webhook.is_on:
            messages.error(request, gettext("Switch the webhook on first."))
            return HttpResponseRedirect(request.path)
        delivery = events.send_test(webhook)
        messages.info(request, gettext("The test message is on its way. Reload this page to see the response."))
        return HttpResponseRedirect(reverse("admin:liveblog_delivery_change", args=[delivery.pk]))


@admin.register(Delivery)
class DeliveryAdmin(MomentsAdmin):
    list_display = ("message", "webhook", "created_at", "result", "number_of_tries")
    list_filter = ("webhook", "event")
    list_select_related = ("webhook",)
    list_per_page = 50
    actions = ("send_again",)
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Delivery | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Delivery | None = None) -> bool:
        return False

    def has_send_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("liveblog.change_webhook")

    @admin.display(description=_("event"))
    def message(self, delivery: Delivery) -> str:
        return delivery.event

    @admin.display(description=_("result"))
    def result(self, delivery: Delivery) -> SafeString:
        return _result(delivery)

    @admin.display(description=_("attempts"))
    def number_of_tries(self, delivery: Delivery) -> int:
        return len(delivery.tries)

    @admin.action(description=_("Send again"), permissions=["send"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        sent = sum(sending.send_again(delivery) for delivery in queryset.select_related("webhook"))
        text = ngettext("%(count)d message will be sent again.", "%(count)d messages will be sent again.", sent)
        self.message_user(request, text % {"count": sent})
        if sent < queryset.count():
            text = gettext("Messages to webhooks that are switched off aren’t sent. Switch them on first.")
            self.message_user(request, text, messages.WARNING)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        delivery = self.object_or_404(request, object_id)
        assert isinstance(delivery, Delivery)
        if not self.has_view_permission(request, delivery):
            raise PermissionDenied
        if request.method == "POST":
            if not self.has_send_permission(request):
                raise PermissionDenied
            self.send_again(request, Delivery.objects.filter(pk=delivery.pk))
            return HttpResponseRedirect(request.path)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Delivery"),
            "opts": self.opts,
            "item": delivery,
            "delivery": delivery,
            "result": _result(delivery),
            "body": json.dumps(json.loads(delivery.body), ensure_ascii=False, indent=2),
            "tries": [tried | {"at": parse_datetime(tried["at"]), "words": _words(tried)} for tried in delivery.tries],
            "may_send": self.has_send_permission(request),
        }
        return TemplateResponse(request, "admin/liveblog/delivery/detail.html", context)


def _row(delivery: Delivery) -> dict[str, Any]:
    return {
        "url": reverse("admin:liveblog_delivery_change", args=[delivery.pk]),
        "event": delivery.event,
        "at": delivery.created_at,
        "result": _result(delivery),
    }


def _result(delivery: Delivery) -> SafeString:
    """Return the outcome of a delivery."""
    if delivery.delivered_at:
        name, label = "published", pgettext("state of a delivery", "Delivered")
    elif delivery.due_at and not delivery.attempts:
        name, label = "scheduled", pgettext("state of a delivery", "On its way")
    elif delivery.due_at:
        name, label = "scheduled", pgettext("state of a delivery", "Failed, will be tried again")
    else:
        name, label = "withdrawn", pgettext("state of a delivery", "Failed")
    return format_html('<span class="state state-{}">{}</span>', name, label)


def _words(tried: dict[str, Any]) -> str:
    """Return a description of the result of one attempt."""
    texts = {
        "forbidden": gettext("The address isn’t that of a public server."),
        "timeout": gettext("The server didn’t respond in time."),
        "unreachable": gettext("The server couldn’t be reached."),
        "busy": gettext("The server was busy."),
    }
    if not tried["failure"]:
        return gettext("The server accepted the message (%(status)s).") % {"status": tried["status"]}
    if tried["status"]:
        return gettext("The server didn’t accept the message (%(status)s).") % {"status": tried["status"]}
    return texts.get(tried["failure"]) or gettext("The response couldn’t be read.")


def _server_of(address: str) -> str:
    """Return the origin of an address. Many services have a secret in the path, which must not be logged."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
