from django.apps import AppConfig
from django.db.models.signals import post_save
from django.utils.translation import gettext_lazy as _


class CommentsConfig(AppConfig):
    name = "comments"
    verbose_name = _("Reader comments")

    def ready(self) -> None:
        from articles.api import Part, register_copier, register_part
        from comments import (
            alerts,
            archiving,
            moderation,
            privacy,
            rekeying,
            rendering,
            search,
            settings_page,
            webhooks,
        )
        from comments.models.rules import give_usual_rules
        from comments.queue import consumers, panel, waiting
        from liveblog import rekeying as rekeyers
        from liveblog.delivery import elements
        from liveblog.newsroom import panels
        from liveblog.newsroom import waiting as newsroom
        from liveblog.webhooks import events

        elements.register("comment", rendering.render_threads)
        elements.register("comments", rendering.render_sections)
        panels.register(panel.waiting)
        alerts.register()
        newsroom.register(waiting.queues, waiting.problems, group=consumers.GROUP)
        register_copier(waiting.copy_rules)
        consumers.listen()
        moderation.listen()
        privacy.listen()
        search.register()
        events.register(webhooks.EVENTS)
        settings_page.register()
        post_save.connect(give_usual_rules, sender="articles.Article", dispatch_uid="usual rules for comments")
        rekeyers.register(rekeying.rekey)
        register_part("comments", Part(archiving.KINDS, archiving.dump, archiving.load))
