"""Time zones by name, and the one of a fixed offset, for a system whose cloud gives no name that is known."""

from datetime import timedelta
from functools import lru_cache
from io import BytesIO
import re
import struct
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_OFFSET = re.compile(r"(?P<sign>[+-])(?P<hours>\d{2}):(?P<minutes>[0-5]\d)")
_MOST = timedelta(hours=15)


def offset_name(offset: timedelta) -> str:
    """Return the name of the zone of a fixed offset from UTC, such as ``+05:30``."""
    minutes = round(offset.total_seconds() / 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def zone_of(name: str | None) -> ZoneInfo | None:
    """Return the zone of an IANA name or of a fixed offset such as ``+05:30``; `None` for any other text."""
    if not name:
        return None
    if (match := _OFFSET.fullmatch(name)) is not None:
        offset = timedelta(hours=int(match["hours"]), minutes=int(match["minutes"]))
        return _fixed(name, offset if match["sign"] == "+" else -offset) if offset <= _MOST else None
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError, ValueError, OSError:
        return None


@lru_cache(maxsize=64)
def _fixed(name: str, offset: timedelta) -> ZoneInfo:
    """Return a zone without daylight saving time, as a file of the zone database would describe it (RFC 8536)."""
    label = b"-00\0"
    header = b"TZif" + b"\0" * 16 + struct.pack(">6l", 0, 0, 0, 0, 1, len(label))
    return ZoneInfo.from_file(
        BytesIO(header + struct.pack(">lbb", int(offset.total_seconds()), 0, 0) + label), key=name
    )
