"""The background of transparent pictures.

Cards of other sites, e-mails and pages in dark mode each put another colour behind a transparent picture, and black
lines of a chart vanish on black. So a picture gets its background at the upload, and looks the same everywhere.
"""

from __future__ import annotations

from PIL import Image

_WHITE, _DARK = (255, 255, 255), (23, 25, 29)

#: The brightness from which details are invisible on white, and up to which they are invisible on the dark background
#: (0 to 255; a contrast of less than 1.6, where WCAG 2.2 demands 3 for graphics).
_LOST_ON_WHITE, _LOST_ON_DARK = 205, 70
#: Opacity from which a pixel counts (0 to 255).
_VISIBLE = 64
#: A picture gets the dark background if at least the first share of it would be lost on white, and at most the second
#: on dark.
_ENOUGH_LOST, _HARDLY_ANY = 0.2, 0.01

#: In pixels; a small copy is sufficient for the decision.
_SAMPLE = (256, 256)


def on_ground(image: Image.Image) -> Image.Image:
    """Return a picture without transparency: on white, or on a dark background if it was made for one."""
    if not image.has_transparency_data:
        return image
    image = image.convert("RGBA")
    ground = Image.new("RGBA", image.size, (*_ground_of(image), 255))
    return Image.alpha_composite(ground, image).convert("RGB")


def _ground_of(image: Image.Image) -> tuple[int, int, int]:
    sample = image.copy()
    sample.thumbnail(_SAMPLE)
    visible = sample.getchannel("A").point(lambda opacity: 255 if opacity >= _VISIBLE else 0)
    shades = sample.convert("RGB").convert("L").histogram(visible)
    total = sum(shades) or 1
    lost_on_white = sum(shades[_LOST_ON_WHITE:]) / total
    lost_on_dark = sum(shades[: _LOST_ON_DARK + 1]) / total
    return _DARK if lost_on_white >= _ENOUGH_LOST and lost_on_dark <= _HARDLY_ANY else _WHITE
