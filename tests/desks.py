"""A client with the requests of the live desk's scripts."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from articles.models import Article, Update
from articles.publishing import snapshot
from articles.text.localized import text_in


class DeskClient:
    """A journalist at the desk of an article. `last` is the last response."""

    def __init__(self, client: Client, article: Article) -> None:
        self.client = client
        self.article = article
        self.last: Any = None

    def address(self, name: str, *arguments: Any) -> str:
        return reverse(f"admin:articles_desk_{name}", args=[self.article.pk, *arguments])

    def write(self, action: str = "publish", **fields: Any) -> Any:
        return self._post(self.address("write"), {"source_language": "en", "kind": "text", "action": action} | fields)

    def opened(self, update: Update) -> dict[str, Any]:
        """Return the data that the composer of an update would send if the journalist changed nothing."""
        form = self.client.get(self.address("composer", update.pk)).context["form"]
        with timezone.override(self.article.zone):
            values = {name: form[name].value() for name in form.fields}
        return {name: value for name, value in values.items() if value not in (None, False, "")}

    def rewrite(self, update: Update, data: dict[str, Any], action: str = "save", **fields: Any) -> Any:
        return self._post(self.address("rewrite", update.pk), data | {"action": action} | fields)

    def act(self, update: Update, action: str, **fields: Any) -> Any:
        """Perform an action on the present version of an entry."""
        return self._post(self.address("act", update.pk, action), {"opened": self.entry(update)} | fields)

    def entry(self, update: Update) -> str:
        """Return the version token in the entry of an update."""
        return snapshot.version_token(Update.objects.get(pk=update.pk))

    def cover(self, action: str, **fields: Any) -> Any:
        return self._post(self.address("cover", action), fields)

    def entries(self, **query: Any) -> dict[str, Any]:
        return self.client.get(self.address("entries"), query).json()

    def texts(self, **query: Any) -> list[str]:
        """Return the ids of the entries that the server sends to the desk."""
        return [entry["id"] for entry in self.entries(**query)["entries"]]

    def _post(self, address: str, data: dict[str, Any]) -> Any:
        self.last = self.client.post(address, data)
        content = self.last.content.decode()
        return json.loads(content) if self.last["Content-Type"] == "application/json" else content


def body(update: Update) -> str:
    return text_in(update, "body", update.source_language)
