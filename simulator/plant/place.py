"""Which cloud a plant belongs to, how often it reports to that, and where it stands."""

from dataclasses import dataclass
from typing import Literal

type CloudName = Literal["enphase", "solaredge"]
type ApiName = Literal["enphase", "enphase_v4", "solaredge"]
"""What has plans of its own: ``enphase`` is v2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """How a vendor's gateways report: every `every` seconds, `lag` seconds after the end of an interval."""

    every: int
    lag: int


CADENCE: dict[CloudName, Cadence] = {
    "enphase": Cadence(every=300, lag=120),
    "solaredge": Cadence(every=900, lag=90),
}


CELLULAR = Cadence(every=6 * 3600, lag=900)
"""Of an Enphase gateway with a cellular modem: quarters of an hour, sent four times a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a plant stands, as the vendors write it."""

    country: str = "US"
    state: str = "CA"
    city: str = "Sebastopol"
    postal_code: str = "95472"
    street: str = "1 Main St."
