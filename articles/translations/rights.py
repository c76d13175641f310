"""The languages into which users may translate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from liveblog.accounts.models import Profile
from liveblog.languages import KNOWN

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

#: Permissions, one of which a translator has.
PERMISSIONS = ("articles.translate_article", "articles.translate_update")


def languages_of(user: User | AnonymousUser) -> frozenset[str]:
    """Return the languages into which a user may translate, review and refuse translations.

    A translator for whom no languages are noted translates into all of them.
    """
    if not any(user.has_perm(permission) for permission in PERMISSIONS):
        return frozenset()
    if user.has_perm("articles.translate_every_language"):
        return frozenset(KNOWN)
    noted = Profile.objects.filter(user=user.pk or 0).values_list("languages", flat=True).first()
    return frozenset(noted or KNOWN)
