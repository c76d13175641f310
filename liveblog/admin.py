from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User

from liveblog.search.admin import IndexedSearchMixin

admin.site.unregister(User)


@admin.register(User)
class AccountAdmin(IndexedSearchMixin, UserAdmin):
    """Django's admin of accounts, which are found as everything else is."""
