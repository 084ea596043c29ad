"""The future is void: what a cloud says of a time that has not come is of now, or is not taken. Pure functions."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from .elements import Flow, Interval, Update


def without_future(update: Update, now: datetime) -> Update:
    """Return an update without intervals that have not begun; a power of a later instant is of now (aware UTC).

    Clocks of gateways are wrong by minutes or hours. What was measured was measured before it was read.
    """
    power, silence, momentary, today = update.power, update.silence, update.momentary, update.today
    if power is not None and power.measured_at > now:
        power = replace(power, measured_at=now)
    if silence is not None and silence.until > now:
        silence = replace(silence, until=now) if silence.since < now else None
    if momentary is not None and momentary.measured_at > now:
        momentary = replace(momentary, measured_at=now)
    if today is not None and today.as_of is not None and today.as_of > now:
        today = replace(today, as_of=None)
    return replace(
        update,
        power=power,
        silence=silence,
        momentary=momentary,
        today=today,
        intervals=_begun(update.intervals, now),
        flows=_begun_flows(update.flows, now),
        detail=_begun_flows(update.detail, now),
        device_intervals=_each_begun(update.device_intervals, now),
        device_flows=MappingProxyType(
            {serial: _begun_flows(flows, now) for serial, flows in update.device_flows.items()}
        ),
    )


def _begun_flows(flows: Mapping[Flow, tuple[Interval, ...]], now: datetime) -> Mapping[Flow, tuple[Interval, ...]]:
    return MappingProxyType({flow: _begun(rows, now) for flow, rows in flows.items()})


def _each_begun(rows: Mapping[str, tuple[Interval, ...]], now: datetime) -> Mapping[str, tuple[Interval, ...]]:
    return MappingProxyType({serial: _begun(one, now) for serial, one in rows.items()})


def _begun(rows: Iterable[Interval], now: datetime) -> tuple[Interval, ...]:
    return tuple(row for row in rows if row.start < now)
