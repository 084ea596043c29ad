"""Who may read what."""

from base64 import b64encode
from dataclasses import dataclass, field


def encode_id(number: int) -> str:
    """Return a number the way Enphase v2 writes user ids and page cursors: decimal, base64, newline, hex."""
    return (b64encode(str(number).encode()) + b"\n").hex()


@dataclass(slots=True)
class SolarEdgeKey:
    """One key, the account key that belongs to it, and the sites it opens."""

    account_key: str
    sites: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Accounts:
    """All credentials of both clouds."""

    enphase_keys: set[str] = field(default_factory=set)
    enphase_users: dict[str, set[int]] = field(default_factory=dict)
    """The systems of each user id."""
    solaredge_keys: dict[str, SolarEdgeKey] = field(default_factory=dict)
