from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ArticlesConfig(AppConfig):
    name = "articles"
    verbose_name = _("Live coverage")

    def ready(self) -> None:
        from articles import pages, rendering
        from articles.embeds import services as embeds
        from articles.history import parts
        from articles.pictures import versions as pictures
        from articles.translations import monitoring
        from liveblog import metrics
        from liveblog.delivery import elements

        elements.register("coverage", rendering.render_article)
        elements.register("related", rendering.render_article)
        elements.register("update", rendering.render_updates)
        elements.register("poll", rendering.render_polls)
        elements.register_pages(pages.find)
        parts.register("pictures", pictures.as_data, pictures.from_data, _("pictures"), pictures.described)
        parts.register("embed", embeds.as_data, embeds.from_data, _("embed"), embeds.described)
        metrics.register(monitoring.collect)
