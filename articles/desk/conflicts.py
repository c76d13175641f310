"""The comparison of two versions of an update, if two users have edited it at the same time."""

from __future__ import annotations

from articles.desk.forms import ComposerForm
from articles.history import diffing
from articles.models import Update
from articles.publishing import snapshot
from articles.text import diff


def conflict_context(form: ComposerForm, present: snapshot.Data) -> dict[str, object]:
    """Return the variables of the conflict template: the stored version, and what the form would change in it."""
    sent = snapshot.composer_data(form.instance, form.pending)
    return {
        "texts": _text_changes(form, present, sent),
        "facts": diffing.field_changes(present, sent, diffing.Names([present, sent]), form.article.zone),
        "language": present["source_language"],
        "state": Update.State(present["state"]),
    }


def _text_changes(form: ComposerForm, present: snapshot.Data, sent: snapshot.Data) -> list[dict[str, object]]:
    changes = []
    for name in snapshot.TEXTS:
        before = present[f"{name}_{present['source_language']}"]
        now = sent[f"{name}_{sent['source_language']}"]
        if before or now:
            rich = name == "body"
            changes.append(
                {
                    "label": form.fields[name].label,
                    "present": before,
                    "difference": diff.difference(before, now, rich=rich),
                    "rich": rich,
                }
            )
    return changes
