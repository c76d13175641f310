from functools import cache
from typing import Any

from modeltranslation import manager
from modeltranslation.translator import TranslationOptions, register

from articles.models import Article, Author, Picture, Topic, Update

_make_queryset_class = manager.multilingual_queryset_factory


@cache
def _queryset_class(original: type) -> type:
    return _make_queryset_class(original, instantiate=False)


def multilingual_queryset(original: type, instantiate: bool = True) -> Any:
    """Return the multilingual class for a class of querysets, or an instance of it.

    This replaces the function of django-modeltranslation, which makes a class for each query. Only the garbage
    collector frees classes, and a new one has no cached methods.
    """
    made = _queryset_class(original)
    return made() if instantiate else made


manager.multilingual_queryset_factory = multilingual_queryset


class _Empty(TranslationOptions):
    # A missing text is empty. django-modeltranslation must not substitute another language.
    fallback_languages = {"default": ()}
    empty_values = ""


@register(Author)
class AuthorTranslation(_Empty):
    fields = ("name", "role", "place")


@register(Topic)
class TopicTranslation(_Empty):
    fields = ("name",)


@register(Article)
class ArticleTranslation(_Empty):
    fields = ("headline", "standfirst", "dateline", "body", "photo_alt", "photo_caption", "photo_credit")


@register(Update)
class UpdateTranslation(_Empty):
    fields = ("headline", "body", "attribution", "correction_note", "withdrawal_note")


@register(Picture)
class PictureTranslation(_Empty):
    fields = ("alt", "caption", "credit")
