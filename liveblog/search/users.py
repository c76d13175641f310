"""The texts by which accounts are found, in their list and where an account is chosen."""

from django.contrib.auth.models import User

from liveblog.search import texts
from liveblog.search.texts import Texts


def register() -> None:
    """Have accounts found by their names and e-mail addresses."""
    texts.register(User, _of_user, ("username", "first_name", "last_name", "email"))


def _of_user(user: User) -> dict[str, Texts]:
    return {"": Texts(user.username, f"{user.get_full_name()}\n{user.email}")}
