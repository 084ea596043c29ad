"""Time zones by name: those of the IANA database, and fixed offsets where a cloud gives no name that is known."""

from datetime import timedelta
from functools import lru_cache
from io import BytesIO
import re
import struct
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

MOST = timedelta(hours=14)
"""No place is further from UTC."""
_NOT_ZONES = frozenset({"Factory", "localtime", "posixrules"})
"""Files of the database that stand for no zone, or for that of the computer."""
_NAME = re.compile(r"([+-])(\d\d):(\d\d)")
_OFFSET = re.compile(r"\s*\(?\s*(?:UTC|GMT)?\s*([+-])\s?(\d{1,2})(?::?(\d\d))?(?!\d)", re.IGNORECASE)


@lru_cache(maxsize=256)
def zone_named(name: str | None) -> ZoneInfo | None:
    """Return the zone of an IANA name, or of a fixed offset as `offset_name` writes it; `None` for any other text."""
    if not name or name in _NOT_ZONES:
        return None
    if is_offset(name):
        offset = offset_in(name)
        return None if offset is None else _fixed(offset)
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError, ValueError, OSError:
        return None


def offset_name(offset: timedelta) -> str | None:
    """Write an offset as ``+05:30``, the name that `zone_named` knows it by; `None` for one that no place has."""
    minutes = round(offset.total_seconds() / 60)
    if abs(offset) > MOST:
        return None
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def is_offset(name: str | None) -> bool:
    """Return whether a name is that of a fixed offset."""
    return name is not None and _NAME.fullmatch(name) is not None


def is_place(name: str | None) -> bool:
    """Return whether a name is that of a place, such as ``Europe/Berlin``; ``UTC`` or ``Etc/GMT+1`` is none."""
    return name is not None and "/" in name and not name.startswith("Etc/") and zone_named(name) is not None


def offset_in(text: str) -> timedelta | None:
    """Read the offset that a text begins with: ``+01:00``, ``GMT+1``, ``(UTC+05:30) Kolkata``; `None` without one."""
    match = _OFFSET.match(text)
    if match is None:
        return None
    sign, hours, minutes = match.groups()
    if int(minutes or 0) not in {0, 15, 30, 45}:
        return None
    offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
    return None if offset > MOST else -offset if sign == "-" else offset


def _fixed(offset: timedelta) -> ZoneInfo:
    """Return a zone without summer time, of the type that all others have: a file as in the database (RFC 9636)."""
    name = (offset_name(offset) or "+00:00").encode() + b"\0"
    header = b"TZif" + bytes(16) + struct.pack(">6l", 0, 0, 0, 0, 1, len(name))
    body = struct.pack(">lbb", int(offset.total_seconds()), 0, 0) + name
    return ZoneInfo.from_file(BytesIO(header + body), key=name[:-1].decode())
