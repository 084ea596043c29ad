"""What Enphase's answers mean for a system, of both generations of its API. Pure functions."""

from collections.abc import Sequence
from datetime import datetime
from types import MappingProxyType

from ...model.elements import DayEnergy, LifetimeBase, System, Update
from .model import DeviceState, Summary
from .power import power_of, silence_of


def summary_update(summary: Summary, system: System, now: datetime) -> Update:
    """Return how a system is: its state, its power, its energy today and before; it was asked now (aware UTC)."""
    today = lifetime = None
    if summary.day is not None and summary.energy_today_wh is not None:
        today = DayEnergy(day=summary.day, energy_wh=summary.energy_today_wh, as_of=summary.last_interval_end)
    if summary.day is not None and summary.energy_before_wh is not None:
        lifetime = LifetimeBase(day=summary.day, before_wh=summary.energy_before_wh)
    return Update(
        system=System(
            vendor=system.vendor,
            id=system.id,
            name=system.name,
            status=summary.status,
            size_w=summary.size_w,
            installed_at=summary.operational,
            last_report=summary.last_report,
            modules=summary.modules,
            source=summary.source,
        ),
        power=power_of(summary, now),
        silence=silence_of(summary),
        today=today,
        lifetime=lifetime,
    )


def states_update(states: Sequence[DeviceState]) -> Update:
    """Return devices with their newest values."""
    return Update(
        devices=tuple(state.device for state in states),
        readings=MappingProxyType({state.device.serial: state.reading for state in states}),
    )
