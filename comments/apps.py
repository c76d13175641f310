from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CommentsConfig(AppConfig):
    name = "comments"
    verbose_name = _("Reader comments")

    def ready(self) -> None:
        from articles.api import Part, register_part
        from comments import alerts, archiving, moderation, privacy, rekeying, rendering, search
        from comments.queue import consumers, panel
        from liveblog import rekeying as rekeyers
        from liveblog.delivery import elements
        from liveblog.newsroom import panels

        elements.register("comment", rendering.render_threads)
        elements.register("comments", rendering.render_sections)
        panels.register(panel.waiting)
        alerts.register()
        consumers.listen()
        moderation.listen()
        privacy.listen()
        search.register()
        rekeyers.register(rekeying.rekey)
        register_part("comments", Part(archiving.KINDS, archiving.dump, archiving.load))
