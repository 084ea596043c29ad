"""Draws the integration's icon and logo: a sun behind a cloud. Own work; run it again after changing it.

    .venv/bin/python scripts/brand.py

Writes custom_components/solar_cloud/brand/: icon, logo, each also doubled (@2x), the logo also for dark themes.
"""

import argparse
from math import cos, pi, sin
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

_TARGET = Path(__file__).resolve().parent.parent / "custom_components" / "solar_cloud" / "brand"
_FINE = 2048
"""Pixels of the canvas that is drawn on; the icons are made smaller from it, which smooths the edges."""

_SUN = (255, 179, 0, 255)
_CLOUD = (64, 156, 255, 255)
_CLEAR = (0, 0, 0, 0)
_WORDS = {"": (38, 50, 56, 255), "dark_": (236, 239, 241, 255)}


def symbol() -> Image.Image:
    """Return the drawing, as a square without an empty margin."""
    image = Image.new("RGBA", (_FINE, _FINE), _CLEAR)
    draw = ImageDraw.Draw(image)
    _sun(draw, x=1210, y=760, radius=360)
    # The gap between sun and cloud: the cloud's shape, larger, cut out of the sun.
    _cloud(draw, grow=64, colour=_CLEAR)
    _cloud(draw, grow=0, colour=_CLOUD)
    return _square(image)


def logo(colour: tuple[int, int, int, int]) -> Image.Image:
    """Return the drawing with the name beside it in a colour, twice as high as the smaller logo."""
    height, gap = 512, 56
    mark = symbol().resize((height, height), Image.Resampling.LANCZOS)
    mark = mark.crop(mark.getbbox())
    font = ImageFont.load_default(size=300)
    left, upper, right, lower = (int(side) for side in font.getbbox("Solar Cloud"))
    words = Image.new("RGBA", (right - left, lower - upper), _CLEAR)
    ImageDraw.Draw(words).text((-left, -upper), "Solar Cloud", font=font, fill=colour)
    words = words.crop(words.getbbox())
    whole = Image.new("RGBA", (mark.width + gap + words.width, mark.height), _CLEAR)
    whole.alpha_composite(mark)
    whole.alpha_composite(words, (mark.width + gap, (mark.height - words.height) // 2))
    return _even(whole)


def _sun(draw: ImageDraw.ImageDraw, x: int, y: int, radius: int) -> None:
    """Draw a disc with the six of twelve rays that the cloud leaves free."""
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=_SUN)
    inner, outer, thick = radius * 1.28, radius * 1.72, 84
    for number in range(7, 13):
        angle = number * pi / 6
        ends = [(x + cos(angle) * far, y + sin(angle) * far) for far in (inner, outer)]
        draw.line(ends, fill=_SUN, width=thick)
        for end_x, end_y in ends:
            half = thick / 2
            draw.ellipse((end_x - half, end_y - half, end_x + half, end_y + half), fill=_SUN)


def _cloud(draw: ImageDraw.ImageDraw, grow: int, colour: tuple[int, int, int, int]) -> None:
    """Draw three bumps on a flat bottom, larger all around by grow pixels."""
    for x, y, radius in ((520, 1420, 310), (900, 1180, 430), (1370, 1400, 330)):
        size = radius + grow
        draw.ellipse((x - size, y - size, x + size, y + size), fill=colour)
    # From the middle of the left bump to that of the right one: the flat bottom touches both.
    draw.rectangle((520, 1300, 1370, 1730 + grow), fill=colour)


def _square(image: Image.Image) -> Image.Image:
    """Return what is drawn, trimmed, in the middle of the smallest square around it."""
    drawn = image.crop(image.getbbox())
    side = max(drawn.size)
    square = Image.new("RGBA", (side, side), _CLEAR)
    square.alpha_composite(drawn, ((side - drawn.width) // 2, (side - drawn.height) // 2))
    return square


def _even(image: Image.Image) -> Image.Image:
    """Return the image with even sides, so that half of it is whole pixels; a pixel more is stretched in."""
    width, height = (side + side % 2 for side in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS)


def _save(image: Image.Image, name: str, size: tuple[int, int]) -> None:
    image.resize(size, Image.Resampling.LANCZOS).save(_TARGET / name, optimize=True)
    print(f"==> {name}: {size[0]}×{size[1]}")


def main() -> None:
    """Write all images."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    _TARGET.mkdir(parents=True, exist_ok=True)
    drawing = symbol()
    _save(drawing, "icon.png", (256, 256))
    _save(drawing, "icon@2x.png", (512, 512))
    for theme, colour in _WORDS.items():
        words = logo(colour)
        _save(words, f"{theme}logo@2x.png", words.size)
        _save(words, f"{theme}logo.png", (words.width // 2, words.height // 2))


if __name__ == "__main__":
    main()
