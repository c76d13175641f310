"""States and policies, apart from the models so that modules that the models import can use them."""

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

#: Messages by the name of the form field.
Errors = dict[str, str | Promise]


class ArticleState(models.TextChoices):
    ANNOUNCED = "announced", pgettext_lazy("state of coverage", "Announced")
    LIVE = "live", pgettext_lazy("state of coverage", "Live")
    FINISHED = "finished", pgettext_lazy("state of coverage", "Finished")


class UpdateState(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("state of an update", "Draft")
    SUBMITTED = "submitted", pgettext_lazy("state of an update", "Awaiting approval")
    SCHEDULED = "scheduled", pgettext_lazy("state of an update", "Scheduled")
    PUBLISHED = "published", pgettext_lazy("state of an update", "Published")
    WITHDRAWN = "withdrawn", pgettext_lazy("state of an update", "Withdrawn")


class Embedding(models.TextChoices):
    """The other sites that may embed a coverage."""

    SITE = "site", _("The sites that may show all coverage")
    MORE = "more", _("These sites, too")
    ONLY = "only", _("These sites only")
    NONE = "none", _("No other site")


class Policy(models.TextChoices):
    """The texts that readers of a language get until a translation is reviewed."""

    MACHINE = "machine", _("Machine translations, labelled as such")
    ORIGINAL = "original", _("The original")
    REVIEWED = "reviewed", _("Nothing")


class NotificationLimit(models.TextChoices):
    """The updates about which an article lets its followers be notified, if they want to be."""

    ALL = "all", _("Every update")
    KEY = "key", _("Key events and breaking news")
    BREAKING = "breaking", _("Breaking news only")
    NONE = "none", _("No updates")
