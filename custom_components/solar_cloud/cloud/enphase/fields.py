"""The fields that answers of both generations of Enphase's API have in common.

What is null, absent or of a wrong type becomes `None`. Only an answer that is no object at all, or one about another
system than was asked for, raises `MalformedAnswer`.
"""

from collections.abc import Mapping
from typing import Any

from ...model.elements import DeviceReading, System, Vendor
from ..parse import as_code, as_float, as_list, as_map, as_str, as_time, first_str, require_about
from .model import Meta

MANUFACTURER = "Enphase"

type Row = Mapping[str, Any]
"""One object of an array."""


def about(answer: Any, system_id: str, what: str, *, may_be_empty: bool = False) -> Mapping[str, Any]:
    """Return the answer if it is an object about the system that was asked for; raises `MalformedAnswer`.

    Where it `may_be_empty`, `None` (HTTP 204) is an answer without a single field.
    """
    return require_about({} if may_be_empty and answer is None else answer, what, "system_id", system_id)


def system_of(row: Row, names: tuple[str, ...], meta: Meta, size_w: float | None = None) -> System | None:
    """Read a row of the list of systems; `names` are the fields that a name may be in. `None` without an id."""
    system_id = as_str(row.get("system_id"))
    if system_id is None:
        return None
    return System(
        vendor=Vendor.ENPHASE,
        id=system_id,
        name=first_str(row, *names) or as_str(f"Enphase {system_id}") or system_id,
        timezone=as_str(row.get("timezone")),
        status=meta.status or as_code(row.get("status")),
        size_w=size_w,
        installed_at=meta.operational,
        last_report=meta.last_report,
    )


def meta_of(value: Any) -> Meta:
    """Read how timely data are: the block ``meta``, or a row that has its fields."""
    data = as_map(value)
    return Meta(
        status=as_code(data.get("status")),
        last_report=as_time(data.get("last_report_at")),
        last_energy=as_time(data.get("last_energy_at")),
        operational=as_time(data.get("operational_at")),
    )


def state_of(row: Row) -> DeviceReading:
    """Read how a device is: its status, and when it last reported."""
    return DeviceReading(status=as_code(row.get("status")), last_report=as_time(row.get("last_report_at")))


def amount_of(value: Any) -> float | None:
    """Read an amount, such as an energy in Wh; a negative one, such as the -1 of version 4, is none."""
    return not_negative(as_float(value))


def not_negative(number: float | None) -> float | None:
    """Return a number that is 0 or more; a negative amount says nothing."""
    return number if number is not None and number >= 0 else None


def at_least_zero(power_w: float | None) -> float | None:
    """Return a power of production: the small negative that a meter sees of inverters at night is 0."""
    return None if power_w is None else max(0.0, power_w)


def series_of(value: Any) -> tuple[float | None, ...]:
    """Read one amount a day; what cannot be read keeps its place, or all after it would move by a day."""
    return tuple(amount_of(item) for item in as_list(value))
