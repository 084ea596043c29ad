"""The images in brand/: names, sizes, transparency, as Home Assistant and HACS take them."""

from collections.abc import Iterator

from PIL import Image

from .project import Project
from .rules import rule

_FILE = "brand"
_ICON, _ICON_2X = 256, 512
_LOGO_SIDE = range(128, 257)
_NAMES = {f"{dark}{kind}{scale}.png" for dark in ("", "dark_") for kind in ("icon", "logo") for scale in ("", "@2x")}


@rule(_FILE)
def brand_names(project: Project) -> Iterator[str]:
    """Check that the images have names that Home Assistant serves."""
    for path in sorted((project.integration / "brand").glob("*")):
        if path.name not in _NAMES:
            yield f"{path.name} is never shown; the names are {', '.join(sorted(_NAMES))}"


@rule(_FILE)
def brand_images_are_transparent_pngs(project: Project) -> Iterator[str]:
    """Check that images are PNG, transparent, and without an empty margin all around."""
    for name, image in _images(project):
        if image.format != "PNG":
            yield f"{name} is no PNG but {image.format}"
            continue
        alpha = image.convert("RGBA").getchannel("A")
        if alpha.getextrema()[0] == 255:
            yield f"{name} has no transparency"
        left, upper, right, lower = alpha.getbbox() or (0, 0, 0, 0)
        if right - left < image.width and lower - upper < image.height:
            drawn = f"{right - left}×{lower - upper}"
            yield f"{name} is not trimmed: the drawing is {drawn} of {image.width}×{image.height}"


@rule(_FILE)
def brand_sizes(project: Project) -> Iterator[str]:
    """Check that icons are squares of 256 and 512, a logo's shorter side is 128 to 256, and @2x is twice the other."""
    sizes = {name: image.size for name, image in _images(project)}
    for name, (width, height) in sizes.items():
        double = "@2x" in name
        if "icon" in name:
            side = _ICON_2X if double else _ICON
            if (width, height) != (side, side):
                yield f"{name} is {width}×{height}, not {side}×{side}"
        elif not double and min(width, height) not in _LOGO_SIDE:
            yield f"{name}: the shorter side is {min(width, height)}, not 128 to 256"
        if (
            double
            and (single := sizes.get(name.replace("@2x", "")))
            and (width, height) != (2 * single[0], 2 * single[1])
        ):
            yield f"{name} is {width}×{height}, not twice {single[0]}×{single[1]}"


def _images(project: Project) -> Iterator[tuple[str, Image.Image]]:
    for path in sorted((project.integration / "brand").glob("*.png")):
        with Image.open(path) as image:
            image.load()
            yield path.name, image
