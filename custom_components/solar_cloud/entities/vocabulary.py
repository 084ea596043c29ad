"""The codes that the vendors document for a value, by the kind of thing that the value is told of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ..model.elements import DeviceKind, Vendor

type Of = tuple[Vendor, DeviceKind | None]
"""What a code is told of: hardware of a kind, or (`None`) the system itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The words of one value; a vendor may have others than those it documents."""

    codes: Mapping[Of, tuple[str, ...]]
    """In lower case, as the model has them; the first means that all is well."""
    other: str
    """What stands for a code that is not documented."""
    advice: bool = False
    """Whether there is something to say about what to do; it is the attribute `advice` then."""

    def options(self, of: Of) -> list[str]:
        """Return every state that the value can have."""
        return [*self.codes.get(of, ()), self.other]


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
        # SolarEdge's activation status.
        (Vendor.SOLAREDGE, None): ("active", "pending", "disabled"),
    },
    other=UNKNOWN_STATUS,
    advice=True,
)
"""How a system or device is."""

SOURCE = Vocabulary(codes={(Vendor.ENPHASE, None): ("microinverters", "meter")}, other="unknown_source")
"""What measures a system's production."""
