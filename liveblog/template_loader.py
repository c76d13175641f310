"""Load the project's HTML templates without the white space that only makes their source readable.

Templates are indented and wrapped, which would make a page with many updates a quarter larger. Indentation
goes, the attributes of a tag stand on one line, and a line with nothing but template syntax leaves no empty line, as
with Jinja's `trim_blocks` and `lstrip_blocks`. White space between words and elements stays, so pages look the same.
"""

import re

from django.template import Origin
from django.template.loaders import filesystem

#: Tags that print nothing themselves.
_SILENT = (
    "block|elif|else|empty|endblock|endfor|endif|endwith|extends|for|get_available_languages|get_current_language"
    "|get_current_language_bidi|if|load|with"
)
_TAG = re.compile(r"<[a-zA-Z](?:{%.*?%}|{{.*?}}|[^<>])*>")
#: Conditional contents of a tag that are on separate lines.
_OPTIONAL = re.compile(r"\n\s*({%\s*if\b[^%]*%})\s*((?:(?!{%).)*?)\s*({%\s*endif\s*%})", re.DOTALL)
_SILENT_LINE = re.compile(rf"^((?:{{%\s*(?:{_SILENT})\b[^%]*%}}|{{#[^#]*#}})+)\n", re.MULTILINE)


def compact(source: str) -> str:
    """Return the source of an HTML template without indentation. Templates must not contain `pre` elements."""
    source = re.sub(r"\n\s+", "\n", _TAG.sub(_on_one_line, source))
    return _SILENT_LINE.sub(r"\1", source)


def _on_one_line(tag: re.Match[str]) -> str:
    optional_with_their_space = _OPTIONAL.sub(r"\1 \2\3", tag[0])
    return re.sub(r"\n\s*", " ", re.sub(r"\n\s*>$", ">", optional_with_their_space))


class Loader(filesystem.Loader):
    """Load templates from the project's directories, HTML in its compact form."""

    def get_contents(self, origin: Origin) -> str:
        contents = super().get_contents(origin)
        return compact(contents) if str(origin.name).endswith(".html") else contents
