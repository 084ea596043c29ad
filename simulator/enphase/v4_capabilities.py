"""Which meters and batteries an Enphase system has, up to when they are known, and what v4 says where there is none."""

from dataclasses import dataclass
from datetime import datetime

from ..plant.energy import Flow
from ..plant.plant import Plant
from ..plant.slots import slot_after
from .v4_errors import error, not_found, unprocessable
from .v4_request import V4Request


@dataclass(frozen=True, slots=True)
class Known:
    """From which slot on, and before which slot, the cloud knows what something measures."""

    begin: int
    until: int

    def wh(self, plant: Plant, flow: Flow, start: int, end: int) -> int:
        """Return the Wh of a flow between two slots, as far as they are known."""
        start, end = max(start, self.begin), min(end, self.until)
        return plant.series.flow(flow, start, max(start, end))


def consumption_known(plant: Plant, now: datetime) -> Known | None:
    """Return when consumption, import and export are known; None without a meter of them."""
    meter = plant.consumption_meter
    if meter is None or meter.installed > now:
        return None
    return Known(slot_after(meter.installed), plant.readable_until(plant.gateways[meter.gateway], now))


def storage_known(plant: Plant, now: datetime) -> Known | None:
    """Return when the batteries are known; None where there are none."""
    if not plant.used_batteries or plant.operational_at > now:
        return None
    until = min(plant.readable_until(plant.gateways[one.connected_to], now) for one in plant.used_batteries)
    return Known(slot_after(plant.operational_at), until)


def zeros_for_absent(request: V4Request, *, consumption: bool = False) -> bool:
    """Return whether the series of a device that is not installed has zeros, or else no rows.

    Raise Refusal (404, 422, 500) where the switches have it refused.
    """
    match request.switches.enphase_no_consumption if consumption else request.switches.enphase_not_installed:
        case "500":
            raise error(500, "Internal Server Error", "unable to fetch data")
        case "422":
            raise unprocessable("Requested date range is invalid for this system")
        case "404":
            raise not_found("Meter not found for this system")
        case answer:
            return answer == "zeros"
