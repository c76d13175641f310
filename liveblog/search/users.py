"""The texts for searching accounts, in their list and in forms that select an account."""

from django.contrib.auth.models import User

from liveblog.search import texts
from liveblog.search.texts import Texts


def register() -> None:
    """Make accounts searchable by their names and e-mail addresses."""
    texts.register(User, _of_user, ("username", "first_name", "last_name", "email"))


def _of_user(user: User) -> dict[str, Texts]:
    return {"": Texts(user.username, f"{user.get_full_name()}\n{user.email}")}
