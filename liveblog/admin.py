"""The admin of accounts and groups: Django's own, but it refuses names that are invisible."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm, UsernameField
from django.contrib.auth.models import Group, Permission, User
from django.db import models, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from liveblog import roles
from liveblog.accounts import invitations, second_factor, sessions
from liveblog.accounts.adapters import send_news
from liveblog.accounts.models import Profile
from liveblog.actors import acting_as
from liveblog.admin_input import InputAdmin
from liveblog.audit.admin import EntryAdmin
from liveblog.blank import unless_blank
from liveblog.fields import TextFormField
from liveblog.lists import listed
from liveblog.moments.admin import MomentsAdmin
from liveblog.rest.admin import TokenAdmin
from liveblog.search.admin import IndexedSearchMixin
from liveblog.webhooks.admin import DeliveryAdmin, WebhookAdmin

#: By class of the column: arguments of its field in a form.
_VISIBLE: Mapping[type[models.Field], Mapping[str, Any]] = {models.CharField: {"form_class": TextFormField}}


class _UsernameField(UsernameField):
    def to_python(self, value: object) -> str | None:
        return unless_blank(super().to_python(value) or "")


class _CreationForm(AdminUserCreationForm):
    class Meta(AdminUserCreationForm.Meta):
        field_classes = {"username": _UsernameField}


class _ChangeForm(UserChangeForm):
    class Meta(UserChangeForm.Meta):
        # The times of the first and the last login are shown, not entered.
        exclude = ("last_login", "date_joined")
        field_classes = {"username": _UsernameField}


# Secrets, sessions and addresses are the business of the person whose account it is; see liveblog.accounts.
__all__ = ["AccountAdmin", "DeliveryAdmin", "EntryAdmin", "RoleAdmin", "TokenAdmin", "WebhookAdmin"]

admin.site.unregister([User, Group, EmailAddress, Authenticator, UserSession, SocialAccount, SocialApp, SocialToken])


class _ProfileInline(admin.StackedInline):
    model = Profile
    can_delete = False


@admin.register(User)
class AccountAdmin(IndexedSearchMixin, MomentsAdmin, UserAdmin):
    """The admin of accounts. The times of the first and the last login are facts, not settings."""

    form, add_form = _ChangeForm, _CreationForm
    formfield_overrides = _VISIBLE
    readonly_fields = ("last_login", "date_joined")
    # Permissions come from roles; a permission of a single account would be shown nowhere.
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("first_name", "last_name", "email")}),
        (_("Roles"), {"fields": ("groups", "is_superuser", "is_staff", "is_active")}),
        (_("Logins"), {"fields": ("last_login", "date_joined")}),
    )
    filter_horizontal = ()
    inlines = (_ProfileInline,)
    list_display = ("username", "name", "email", "roles_shown", "active", "last_login")
    actions = ("suspend", "remove_second_factors", "invite_again")
    change_list_template = "admin/auth/user/change_list.html"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"list_title": _("People"), **(extra_context or {})})

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    def formfield_for_manytomany(
        self, db_field: models.ManyToManyField, request: HttpRequest, **kwargs: Any
    ) -> forms.ModelMultipleChoiceField | None:
        kwargs["widget"] = forms.CheckboxSelectMultiple
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if field is not None:
            field.label_from_instance = lambda group: str(roles.NAMES.get(group.name, group.name))  # type: ignore[assignment, method-assign]
            field.label, field.help_text = _("Roles"), ""
        return field

    def get_inline_instances(self, request: HttpRequest, obj: User | None = None) -> list[Any]:
        return super().get_inline_instances(request, obj) if obj else []

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        with acting_as(request.user):
            super().save_model(request, obj, form, change)

    @admin.display(description=pgettext_lazy("of a person", "name"), ordering="first_name")
    def name(self, user: User) -> str:
        return user.get_full_name()

    @admin.display(description=_("roles"))
    def roles_shown(self, user: User) -> str:
        found = [str(roles.NAMES.get(group.name, group.name)) for group in user.groups.all()]
        return listed([*found, *([gettext("Administrator")] if user.is_superuser else [])])

    @admin.display(description=User._meta.get_field("is_active").verbose_name, ordering="is_active")
    def active(self, user: User) -> str:
        # Django shows a picture instead, whose alternative text is "True" in every language.
        return gettext("Yes") if user.is_active else gettext("No")

    @admin.action(description=_("Suspend: end all sessions and block login"), permissions=["change"])
    def suspend(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        users = list(queryset.filter(is_active=True).exclude(pk=request.user.pk or 0))
        with transaction.atomic():
            for user in users:
                user.is_active = False
                user.save(update_fields=["is_active"])
        text = ngettext("%(count)d account was suspended.", "%(count)d accounts were suspended.", len(users))
        self.message_user(request, text % {"count": len(users)})

    @admin.action(description=_("Remove the second factors of someone who has lost them"), permissions=["change"])
    def remove_second_factors(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            with transaction.atomic():
                removed = second_factor.remove_all(user)
                if removed:
                    # Somebody else may have the lost device, and be logged in with it.
                    sessions.end_all(user)
            if removed:
                send_news(request, user, _("An administrator removed your second factors."))
        self.message_user(request, gettext("The second factors were removed."))

    @admin.action(description=_("Invite again: send a new link"), permissions=["add"])
    def invite_again(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        assert isinstance(request.user, User)
        user = queryset.exclude(email="").first()
        if user is None or queryset.count() != 1 or user.has_usable_password() or not user.is_active:
            text = gettext("Select one account that has an email address and has never been activated.")
            self.message_user(request, text, messages.ERROR)
            return None
        sent = invitations.invite_again(user, request.user)
        return render(request, "account/invited.html", admin.site.each_context(request) | {"sent": sent})


@admin.register(Group)
class RoleAdmin(InputAdmin, GroupAdmin):  # type: ignore[misc]
    """The admin of groups, which are the roles of accounts."""

    formfield_overrides = _VISIBLE
    filter_horizontal = ()

    def formfield_for_manytomany(
        self, db_field: models.ManyToManyField, request: HttpRequest | None = None, **kwargs: Any
    ) -> forms.ModelMultipleChoiceField | None:
        assert request is not None
        kwargs["widget"] = forms.CheckboxSelectMultiple
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if field is not None:
            field.label_from_instance = _name_of  # type: ignore[assignment, method-assign]
            field.help_text = ""
        return field


def _name_of(permission: Permission) -> str:
    """Return the name of a permission with the name of its table."""
    model = permission.content_type.model_class()
    table = model._meta.verbose_name if model is not None else permission.content_type.model
    return f"{capfirst(table)}: {permission.name}"
