from django.apps import AppConfig
from django.core.checks import register
from django.db.models.signals import m2m_changed, pre_delete
from django.utils.translation import gettext_lazy as _


class ArticlesConfig(AppConfig):
    name = "articles"
    verbose_name = _("Live coverage")

    def ready(self) -> None:
        from articles import bylines, changes, checks, search, settings_page
        from articles.choices import Policy
        from articles.desk.revisions import DeskRevisions
        from articles.embeds import services as embeds
        from articles.feeds import tracking
        from articles.following import stories
        from articles.history import registry
        from articles.history.recording import History
        from articles.listings import suggestions
        from articles.models import Article, Update
        from articles.newsroom import waiting
        from articles.page import live_page, previews, rendering
        from articles.page.change_tracking import ChangeTracking
        from articles.pictures import versions as pictures
        from articles.publishing import alerts as decisions
        from articles.publishing import auditing
        from articles.publishing.approvals import Approvals
        from articles.publishing.beginning import Beginning
        from articles.publishing.syndication import Copies
        from articles.rest import webhooks
        from articles.translations import alerts as translation_alerts
        from articles.translations import monitoring
        from articles.translations.memory.recording import TranslationMemory
        from articles.translations.states import TranslationStates
        from liveblog import metrics
        from liveblog.accounts import invitations
        from liveblog.audit import wording
        from liveblog.delivery import elements
        from liveblog.newsroom import waiting as newsroom
        from liveblog.webhooks import events

        wording.register("policies", dict(Policy.choices))

        # The followers of each edit, in order: a later follower sees the writes of an earlier one.
        changes.register("translation states", TranslationStates())
        changes.register("translation memory", TranslationMemory())
        changes.register("beginning", Beginning())
        changes.register("change log", ChangeTracking())
        changes.register("desks", DeskRevisions())
        changes.register("search", search.SearchIndex())
        changes.register("feeds", tracking.Feeds())
        changes.register("webhooks", webhooks.Webhooks())
        changes.register("history", History())
        changes.register("copies", Copies())
        changes.register("notifications", stories.Notifications())
        changes.register("decisions", decisions.Decisions())
        changes.register("audit", auditing.AuditTrail())
        auditing.connect()
        decisions.register()
        translation_alerts.register()
        changes.register("approvals", Approvals())
        for relation in (Update.authors, Update.topics, Article.authors, Article.topics, Article.related):
            m2m_changed.connect(changes.guard_relations, sender=relation.through, dispatch_uid=relation.field.name)
        pre_delete.connect(tracking.keep_places, sender=Article, dispatch_uid="places of its updates")
        pre_delete.connect(stories.take_back_article, sender=Article, dispatch_uid="notifications of its updates")
        pre_delete.connect(webhooks.deleted, sender=Article, dispatch_uid="webhooks")
        events.register(webhooks.EVENTS)
        register(checks.followers_are_registered)

        elements.register("coverage", rendering.render_article)
        elements.register("about", rendering.render_article)
        elements.register("related", rendering.render_article)
        elements.register("update", rendering.render_updates, derived=rendering.LATEST)
        elements.register(rendering.LATEST, rendering.render_latest)
        elements.register("moment", rendering.render_moments)
        elements.register("poll", rendering.render_polls)
        elements.register_pages(live_page.find)
        registry.register("pictures", pictures.as_data, pictures.from_data, _("pictures"), pictures.describe)
        registry.register("embed", embeds.as_data, embeds.from_data, _("embed"), embeds.describe)
        metrics.register(monitoring.collect)
        search.register()
        previews.register()
        suggestions.register()
        settings_page.register()
        invitations.register(bylines.make)
        newsroom.register(waiting.queues, waiting.problems)
