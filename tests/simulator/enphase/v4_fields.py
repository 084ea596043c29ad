"""What a field of an Enphase v4 answer may be, for the schemas of the answers."""

from collections.abc import Callable
from typing import Any

import voluptuous as vol

DATE = vol.Match(r"^\d{4}-\d{2}-\d{2}$")


def whole(value: Any) -> int:
    """A whole number, which true and false are not."""
    if type(value) is not int:
        raise vol.Invalid("expected a whole number")
    return value


def exactly(value: Any) -> Callable[[Any], Any]:
    """This value and no other."""

    def check(found: Any) -> Any:
        if type(found) is not type(value) or found != value:
            raise vol.Invalid(f"expected {value!r}")
        return found

    return check


NUMBER = vol.All(vol.Any(whole, float))
EPOCH = vol.All(whole, vol.Range(min=1_000_000_000, max=4_000_000_000))
MAYBE_EPOCH = vol.Any(None, EPOCH)
MAYBE_TEXT = vol.Any(None, str)
COUNT = vol.All(whole, vol.Range(min=0))
WH = COUNT
PERCENT = vol.All(whole, vol.Range(min=0, max=100))
WITH_PERCENT = vol.Match(r"^(100|\d{1,2})%$")
STATUS = vol.In(
    [
        *("normal", "comm", "micro", "power", "meter", "meter_issue", "battery", "storage_idle"),
        *("enpower", "encharge", "enpower_issue", "encharge_issue"),
    ]
)


def record(**fields: Any) -> vol.Schema:
    """An object with these fields; a name that ends in ``_`` may be absent, ``import`` is written ``import__``."""
    spec: dict[Any, Any] = {}
    for name, kind in fields.items():
        if name.endswith("__"):
            spec[vol.Required(name.removesuffix("__"))] = kind
        elif name.endswith("_"):
            spec[vol.Optional(name.removesuffix("_"))] = kind
        else:
            spec[vol.Required(name)] = kind
    return vol.Schema(spec)
