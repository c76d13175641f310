"""Close the comments of articles at the set time, and remove the form from open pages."""

from django.db import transaction
from django.utils import timezone

from comments.models import Discussion, Policy
from comments.models.rules import FORM
from liveblog.delivery import log


def close_due() -> int:
    """Close the comments of all articles whose closing time has come. Return the number of articles."""
    due = Discussion.objects.filter(closes_at__lte=timezone.now()).exclude(policy=Policy.CLOSED)
    closed = 0
    for article_id in due.values_list("pk", flat=True):
        with transaction.atomic():
            log.lock(article_id)
            # Another process or an editor may have been faster.
            if due.filter(pk=article_id).update(policy=Policy.CLOSED):
                log.append(article_id, FORM)
                closed += 1
    return closed
