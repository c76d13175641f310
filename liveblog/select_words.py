"""The messages of lists with a search (Select2), from the interface's translations instead of the library's."""

import json

from django.utils.translation import gettext as _


def attributes() -> dict[str, str]:
    """Return the attributes of a `<select>` from which static/liveblog/select-words.js takes the messages."""
    words = {
        "searching": _("Searching…"),
        "noResults": _("No results."),
        "loadingMore": _("Loading more results…"),
        "errorLoading": _("The results couldn’t be loaded."),
        "removeAllItems": _("Remove all"),
    }
    return {"data-words": json.dumps(words, ensure_ascii=False)}
