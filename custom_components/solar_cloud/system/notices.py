"""What the owner of a system is told beside its values: a spent month, a small plan, inverters that fall behind."""

from typing import TYPE_CHECKING

from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from ..account.issues import (
    clear_devices_missing,
    clear_month_spent,
    clear_plan_too_small,
    clear_underperforming,
    raise_devices_missing,
    raise_month_spent,
    raise_plan_too_small,
    raise_underperforming,
)
from ..account.metered import is_signed_in
from ..budget.limit import Scope
from ..budget.rates import budget_of
from ..model.data import SystemData
from .devices import device_name, is_owned

if TYPE_CHECKING:
    from ..account.metered import MeteredAccount
    from ..coordinator import SystemCoordinator

FEWEST_READINGS = 0.5
"""Readings in an hour of daylight, over a whole month; with fewer the owner is told."""


class Notices:
    """The repair notices of one system: each is raised while it is true, and taken back when it is not any more."""

    def __init__(self, coordinator: SystemCoordinator, metered: MeteredAccount) -> None:
        """Watch a system and what it draws on."""
        self._coordinator = coordinator
        self._metered = metered
        self._named: frozenset[str] = frozenset()
        """The inverters that the owner was told of."""

    def recall(self, data: SystemData) -> None:
        """Take up what the owner was told before a restart."""
        self._named = frozenset(data.performance.underperforming)

    @callback
    def month(self) -> None:
        """Tell that the month is spent."""
        now = dt_util.utcnow()
        ledger, entry = self._metered.ledger, self._coordinator.config_entry
        until = ledger.blocked(Scope.MONTH, now)
        if until is None and budget_of(ledger, now).left <= 0:
            until = ledger.resets_at(now)
        if until is None:
            clear_month_spent(self._coordinator.hass, entry.entry_id)
        else:
            raise_month_spent(self._coordinator.hass, entry.entry_id, entry.title, ledger, until)

    @callback
    def plan(self) -> None:
        """Tell that the plan gives the system fewer than one reading in two hours of daylight."""
        one, ledger, pacing = self._coordinator, self._metered.ledger, self._metered.pacing
        readings = pacing.readings_per_hour(one.system.key, budget_of(ledger, dt_util.utcnow()))
        if readings is None or readings >= FEWEST_READINGS:
            clear_plan_too_small(one.hass, one.subentry_id)
        else:
            title = one.config_entry.title
            raise_plan_too_small(one.hass, one.subentry_id, title, one.name, readings, ledger, pacing.systems)

    @callback
    def devices(self) -> None:
        """Tell that the owner's consent leaves out the devices (SolarEdge: scope ``DEVICE_DATA``)."""
        one = self._coordinator
        entry = one.config_entry
        states = [one.schedule.state(job) for job in one.client.job_terms() if job.name == "inventory"]
        if is_signed_in(entry.data) and any(state.resting and state.error == "not_allowed" for state in states):
            raise_devices_missing(one.hass, entry.entry_id, entry.title)
        else:
            clear_devices_missing(one.hass, entry.entry_id)

    @callback
    def performance(self) -> None:
        """Tell which inverters have fallen behind their siblings."""
        one, data, known = self._coordinator, self._coordinator.known, self._named
        low = {serial for serial in data.performance.underperforming if is_owned(one, serial)}
        if not low:
            self._named = frozenset()
            clear_underperforming(one.hass, one.system.key)
            return
        self._named = known | low
        found = [(device_name(one, serial), data.performance.by_inverter[serial]) for serial in low]
        raise_underperforming(one.hass, one.system.key, data.system.name, found, anew=not low <= known)

    @callback
    def shutdown(self) -> None:
        """Take back what depends on the account's running."""
        clear_plan_too_small(self._coordinator.hass, self._coordinator.subentry_id)
        if self._coordinator.config_entry.disabled_by is not None:
            # Over a reload it stays: what the owner has ignored is not to come back.
            clear_underperforming(self._coordinator.hass, self._coordinator.system.key)
