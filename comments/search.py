"""The texts for searching comments and listed words."""

from comments.models import Comment, ListedWord
from liveblog.search import texts
from liveblog.search.texts import Texts


def register() -> None:
    """Make comments and listed words searchable by their texts. An emptied comment has none."""
    texts.register(Comment, _of_comment, ("language", "name", "text"))
    texts.register(ListedWord, lambda word: {word.language: Texts(word.word)}, ("language", "word"))


def _of_comment(comment: Comment) -> dict[str, Texts]:
    return {comment.language: Texts(comment.name, comment.text)}
