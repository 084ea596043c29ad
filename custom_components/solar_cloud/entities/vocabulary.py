"""The codes that the vendors document for a value, such as a status."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ..model.elements import DeviceKind, Vendor

type Subject = tuple[Vendor, DeviceKind | None]
"""What a code is reported of: hardware of a kind, or (`None`) the system itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The codes of one value; a vendor may report others than those it documents."""

    codes: Mapping[Subject, tuple[str, ...]]
    """In lower case, as in the model; the first means that there is no problem."""
    other: str
    """The state for a code that is not documented."""
    advice: bool = False
    """Whether the attribute `advice` says what to do about a code."""

    def options(self, subject: Subject) -> list[str]:
        """Return every state that the value can have."""
        return [*self.codes.get(subject, ()), self.other]


_V4_KINDS: Final = (DeviceKind.METER, DeviceKind.BATTERY, DeviceKind.EV_CHARGER, DeviceKind.OTHER)
UNKNOWN_STATUS: Final = "unknown_status"

STATUS = Vocabulary(
    codes={
        # Enphase v2 documentation, in its order of priority, and the codes that came with newer hardware.
        (Vendor.ENPHASE, None): (
            "normal",
            "comm",
            "power",
            "meter",
            "meter_issue",
            "micro",
            "battery",
            "storage_idle",
            "encharge",
            "encharge_issue",
            "enpower",
            "enpower_issue",
        ),
        (Vendor.ENPHASE, DeviceKind.GATEWAY): ("normal", "comm"),
        (Vendor.ENPHASE, DeviceKind.INVERTER): ("normal", "power", "micro", "retired"),
        # Meters, batteries, EV chargers, relays and other hardware of version 4 (Enphase v4 documentation, devices).
        **dict.fromkeys(
            ((Vendor.ENPHASE, kind) for kind in _V4_KINDS),
            ("normal", "comm", "active"),
        ),
        # SolarEdge's activation status.
        (Vendor.SOLAREDGE, None): ("active", "pending", "disabled"),
    },
    other=UNKNOWN_STATUS,
    advice=True,
)
"""The condition of a system or device."""

_SOLAREDGE_KINDS: Final = (DeviceKind.METER, DeviceKind.BATTERY, DeviceKind.INVERTER, DeviceKind.GATEWAY)
_WAYS: Final = ("ethernet", "rs485", "wifi", "cellular", "zigbee")
COMMUNICATION = Vocabulary(
    # SolarEdge documents no list; the first two have been seen.
    codes={(Vendor.SOLAREDGE, kind): _WAYS for kind in _SOLAREDGE_KINDS},
    other="unknown_communication",
)
"""How hardware is connected."""

SOURCE = Vocabulary(codes={(Vendor.ENPHASE, None): ("microinverters", "meter")}, other="unknown_source")
"""What measures a system's production."""
