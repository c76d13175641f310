from django.apps import AppConfig


class WebPushConfig(AppConfig):
    """An app of its own: articles and accounts both refer to its table, and refer to each other."""

    name = "liveblog.webpush"
    label = "webpush"
    verbose_name = "Web push"
