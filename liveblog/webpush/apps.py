from django.apps import AppConfig


class WebPushConfig(AppConfig):
    """A separate app, because articles and accounts refer to its table and to each other."""

    name = "liveblog.webpush"
    label = "webpush"
    verbose_name = "Web push"
