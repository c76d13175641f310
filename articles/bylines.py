"""The byline of a new writer."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from articles.models import Author
from liveblog.languages import KNOWN, column


def make(user: User) -> None:
    """Make an author from a person's name, or connect an existing one. Raise ValidationError if it is taken."""
    if Author.objects.filter(user=user).exists():
        return
    language = get_language() or "en"
    language = language if language in KNOWN else "en"
    name = user.get_full_name() or user.get_username()
    author = Author.objects.filter(**{column("name", language): name}).first()
    if author is None:
        author = Author(source_language=language, **{column("name", language): name})
    elif author.user_id is not None:
        raise ValidationError(_("Someone else already has this byline. Add an initial or a second name."))
    author.user = user
    author.full_clean(exclude=["name"])
    author.save()
