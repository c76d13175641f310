"""Templates are indented, but pages are sent without the indentation."""

import pytest

from liveblog.template_loader import compact


@pytest.mark.parametrize(
    ("source", "compacted"),
    [
        ("<ul>\n  <li>a</li>\n    <li>b</li>\n</ul>\n", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"),
        ("{% load i18n %}\n{% if a %}\n  <p>a</p>\n{% endif %}\n", "{% load i18n %}{% if a %}<p>a</p>\n{% endif %}"),
        (
            '<a\n  href="{{ url }}"\n  {% if a > 1 %}hidden{% endif %}\n>b</a>',
            '<a href="{{ url }}"{% if a > 1 %} hidden{% endif %}>b</a>',
        ),
        ("<b>one</b>\n  {% translate 'two' %}\n  {{ three }}", "<b>one</b>\n{% translate 'two' %}\n{{ three }}"),
        ("{# why #}\n<p>a  b</p>", "{# why #}<p>a  b</p>"),
    ],
)
def test_indentation_and_lines_of_template_syntax_leave_no_white_space(source: str, compacted: str) -> None:
    assert compact(source) == compacted


def test_white_space_between_words_is_kept() -> None:
    assert compact("one\n  {% if a %}\n    two\n  {% endif %}\n  three") == "one\n{% if a %}two\n{% endif %}three"
