"""The admin of user accounts."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User

from liveblog.moments.admin import MomentsAdmin

admin.site.unregister(User)


@admin.register(User)
class AccountAdmin(MomentsAdmin, UserAdmin):
    """The admin of accounts. The times of the first and the last login are facts, not settings."""

    readonly_fields = ("last_login", "date_joined")
