"""Write the colours and fonts of a branding as custom properties, which static/liveblog/page.css uses everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from liveblog.branding.models import Brand

if TYPE_CHECKING:
    from liveblog.branding.current import Branding, Font

#: The fallback fonts for letters that the file lacks.
_SERIF = 'Georgia, "Noto Serif", "Times New Roman", serif'


def written(branding: Branding) -> str:
    """Return the style sheet; "" if nothing differs from static/liveblog/page.css."""
    parts = [_colours(branding), *(_face(font) for font in (branding.headline_font, branding.text_font) if font)]
    if branding.headings == Brand.Headings.SANS:
        parts.append(_rule("[lang]:not(:lang(ar))", {"--display": "var(--sans)"}))
    if font := branding.text_font:
        parts.append(_rule(_of(font), {"--serif": f'"{font.family}", {_SERIF}'}))
        if branding.headline_font is None and branding.headings == Brand.Headings.SERIF:
            parts.append(_rule(_of(font), {"--display": "var(--serif)"}))
    if font := branding.headline_font:
        behind = "var(--sans)" if branding.headings == Brand.Headings.SANS else "var(--serif)"
        parts.append(_rule(_of(font), {"--display": f'"{font.family}", {behind}'}))
    return "\n".join(part for part in parts if part)


def _colours(branding: Branding) -> str:
    if not any((branding.colour, branding.colour_dark, branding.link, branding.link_dark)):
        return ""
    light, dark = branding.band, branding.band_dark
    return _rule(
        ":root",
        {
            "--brand": f"light-dark({light.band}, {dark.band})",
            "--on-brand": f"light-dark({light.text}, {dark.text})",
            "--on-brand-soft": f"light-dark({light.soft}, {dark.soft})",
            "--on-brand-line": f"light-dark({light.line}, {dark.line})",
            "--live-edge": f"light-dark({light.edge}, {dark.edge})",
            "--link": f"light-dark({branding.link_colour}, {branding.link_colour_dark})",
        },
    )


def _face(font: Font) -> str:
    # `optional`: a font that loads late is used on the next page, so the layout of this one does not shift.
    return _rule(
        "@font-face",
        {
            "font-family": f'"{font.family}"',
            "src": f'url("{font.url}") format("woff2")',
            "font-weight": font.weights,
            "font-display": "optional",
        },
    )


def _of(font: Font) -> str:
    """Return the selector of elements in the languages whose letters a font has."""
    return f":is({', '.join(f':lang({code})' for code in font.languages)})"


def _rule(selector: str, properties: dict[str, str]) -> str:
    return "\n".join([f"{selector} {{", *(f"  {name}: {value};" for name, value in properties.items()), "}"])
