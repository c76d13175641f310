from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CommentsConfig(AppConfig):
    name = "comments"
    verbose_name = _("Reader comments")

    def ready(self) -> None:
        from comments import privacy, rendering
        from comments.queue import figure, room
        from liveblog.delivery import elements
        from liveblog.newsroom import figures

        elements.register("comment", rendering.render_threads)
        elements.register("comments", rendering.render_surroundings)
        figures.register(figure.waiting)
        room.listen()
        privacy.listen()
