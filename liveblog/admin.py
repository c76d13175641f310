"""The admin of accounts and groups: Django's own, whose names can be seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm, UsernameField
from django.contrib.auth.models import Group, User
from django.db import models

from liveblog.admin_input import InputAdmin
from liveblog.blank import unless_blank
from liveblog.fields import TextFormField
from liveblog.moments.admin import MomentsAdmin
from liveblog.search.admin import IndexedSearchMixin

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
admin.site.unregister([User, Group, EmailAddress, Authenticator, UserSession])


@admin.register(User)
class AccountAdmin(IndexedSearchMixin, MomentsAdmin, UserAdmin):
    """The admin of accounts. The times of the first and the last login are facts, not settings."""

    form, add_form = _ChangeForm, _CreationForm
    formfield_overrides = _VISIBLE
    readonly_fields = ("last_login", "date_joined")


@admin.register(Group)
class RoleAdmin(InputAdmin, GroupAdmin):  # type: ignore[misc]
    """The admin of groups, which are the roles of accounts."""

    formfield_overrides = _VISIBLE
