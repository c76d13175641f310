from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ArticlesConfig(AppConfig):
    name = "articles"
    verbose_name = _("Live coverage")

    def ready(self) -> None:
        from articles import pages, rendering
        from articles.translations import monitoring
        from liveblog import metrics
        from liveblog.delivery import elements

        elements.register("coverage", rendering.render_article)
        elements.register("related", rendering.render_article)
        elements.register("update", rendering.render_updates)
        elements.register("poll", rendering.render_polls)
        elements.register_pages(pages.find)
        metrics.register(monitoring.collect)
