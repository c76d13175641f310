from modeltranslation.translator import TranslationOptions, register

from articles.models import Article, Author, Picture, Topic, Update


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
