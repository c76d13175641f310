"""Rich text: what an editor may use, and the only HTML that is let in.

The editor's extensions and the sanitiser's allowlist stand side by side, because each is the other's promise.
"""

import re
from typing import Any

import nh3
from django.db import models
from django.utils.html import strip_tags
from django_prose_editor.widgets import AdminProseEditorWidget

EXTENSIONS = {
    "Bold": True,
    "Italic": True,
    "Strike": True,
    "BulletList": True,
    "OrderedList": {"enableListAttributes": False},
    "ListItem": True,
    "Blockquote": True,
    "Link": {"enableTarget": False, "protocols": ["http", "https", "mailto"]},
    "HardBreak": True,
    "History": True,
}

_cleaner = nh3.Cleaner(
    tags={"p", "br", "strong", "em", "s", "a", "ul", "ol", "li", "blockquote", "span"},
    attributes={
        "a": {"href", "title", "hreflang"},
        "span": {"lang", "dir"},
        "p": {"lang", "dir"},
        "blockquote": {"lang", "dir"},
    },
    url_schemes={"http", "https", "mailto"},
    link_rel="noopener",
)
_EMPTY_PARAGRAPH = re.compile(r"<p>(?:\s|&nbsp;|<br>)*</p>")


def sanitise(html: str | None) -> str:
    """`html` without anything that is not on the allowlist; empty where no text would be left."""
    cleaned = _EMPTY_PARAGRAPH.sub("", _cleaner.clean(html or "")).strip()
    return cleaned if strip_tags(cleaned).replace("\xa0", " ").strip() else ""


class RichTextField(models.TextField):
    """Text with markup, sanitised whenever it is written, by whatever way."""

    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        return super().clean(sanitise(value), model_instance)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = sanitise(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return sanitise(value) if isinstance(value, str) else value

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{**kwargs, "widget": RichTextWidget})


class RichTextWidget(AdminProseEditorWidget):
    template_name = "articles/widgets/richtext.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, config={"extensions": EXTENSIONS}, preset="configurable")
