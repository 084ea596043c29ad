"""The repair issues that follow a system: a spent month, a small plan, what is missing, inverters that fall behind."""

from datetime import timedelta
from typing import override

from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from ..account.issues import clear_devices_missing, clear_month_spent, raise_devices_missing, raise_month_spent
from ..account.metered import is_signed_in
from ..budget.limit import Scope
from ..budget.plan import has_larger, is_enough_for_one
from ..budget.rates import budget_of
from ..const import CONF_CLOUD
from ..coordinator import SystemCoordinator
from ..system.follower import Follower
from ..system.jobs import main_jobs
from .devices import SystemDevices
from .issues import (
    SmallPlan,
    clear_access_refused,
    clear_plan_too_small,
    clear_system_removed,
    clear_underperforming,
    raise_access_refused,
    raise_plan_too_small,
    raise_system_removed,
    raise_underperforming,
)

FEWEST_READINGS = 0.5
"""Readings in an hour of daylight, over a whole month; with fewer an issue is raised."""
REFUSED_AFTER = timedelta(minutes=15)
"""For so long everything must be refused; the third try in a row comes after twenty minutes."""
REMOVED_AFTER = timedelta(hours=20)
"""For so long a cloud must not know a system before its owner is asked: an outage may answer so, too."""


class Notices(Follower):
    """Raises each issue of one system while it is true, and deletes it when it is not any more."""

    def __init__(self, coordinator: SystemCoordinator, devices: SystemDevices) -> None:
        """Take the system, and what knows which hardware is its own."""
        self._hass = coordinator.hass
        self._coordinator = coordinator
        self._entry = coordinator.config_entry
        self._metered = coordinator.metered
        self._devices = devices
        self._named: frozenset[str] = frozenset()
        """The inverters that the issue has named since it was raised."""
        self._stopped = False

    @callback
    def async_start(self) -> None:
        """Check what can be known before the first reading."""
        self._check_plan()
        self._check_month()
        self._check_system()
        self._check_access()
        self._check_performance()

    @callback
    def async_stop(self) -> None:
        """Delete what depends on the account's running."""
        self._stopped = True
        clear_plan_too_small(self._hass, self._coordinator.subentry_id)
        clear_system_removed(self._hass, self._coordinator.subentry_id)
        clear_access_refused(self._hass, self._coordinator.subentry_id)
        if self._entry.disabled_by is not None:
            # Over a reload it stays: what the owner has ignored is not to come back.
            clear_underperforming(self._hass, self._coordinator.system.key)

    @callback
    @override
    def async_restored(self) -> None:
        """Take up which inverters were named before a restart."""
        self._named = frozenset(self._coordinator.known.performance.underperforming)

    @callback
    @override
    def async_jobs_ran(self) -> None:
        """Check what jobs and requests say; nothing of the system is checked once it has stopped."""
        self._check_month()
        self._check_devices()
        if not self._stopped:
            self._check_system()
            self._check_access()
            self._check_performance()

    @callback
    @override
    def async_turned(self) -> None:
        """Check the plan as the seasons go."""
        self._check_plan()

    def _check_month(self) -> None:
        """Check whether the requests of the month are used up."""
        now, ledger = dt_util.utcnow(), self._metered.ledger
        until = ledger.blocked(Scope.MONTH, now)
        if until is None and budget_of(ledger, now).left <= 0:
            until = ledger.resets_at(now)
        if until is None:
            clear_month_spent(self._hass, self._entry.entry_id)
        else:
            raise_month_spent(self._hass, self._entry.entry_id, self._entry.title, ledger, until)

    def _check_plan(self) -> None:
        """Check whether the plan gives the system at least one reading in two hours of daylight.

        One system on the plan that the dialog proposes is as it should be, whatever the plan gives it.
        """
        one, ledger, pacing = self._coordinator, self._metered.ledger, self._metered.pacing
        readings = pacing.readings_per_hour(one.system.key, budget_of(ledger, dt_util.utcnow()))
        cloud = self._entry.data[CONF_CLOUD]
        enough = pacing.systems == 1 and is_enough_for_one(cloud, ledger.limits)
        if readings is None or readings >= FEWEST_READINGS or enough:
            clear_plan_too_small(self._hass, one.subentry_id)
        else:
            plan = SmallPlan(
                per_month=ledger.limits.per_month,
                systems=pacing.systems,
                has_larger=has_larger(cloud, ledger.limits),
            )
            raise_plan_too_small(self._hass, one.subentry_id, self._entry.title, one.name, readings, plan)

    def _check_devices(self) -> None:
        """Check whether the owner's consent leaves out the devices (SolarEdge: scope ``DEVICE_DATA``)."""
        one, entry = self._coordinator, self._entry
        states = [one.schedule.state(job) for job in one.client.job_terms() if job.name == "inventory"]
        if is_signed_in(entry.data) and any(state.resting and state.error == "not_allowed" for state in states):
            raise_devices_missing(self._hass, entry.entry_id, entry.title)
        else:
            clear_devices_missing(self._hass, entry.entry_id)

    def _check_system(self) -> None:
        """Check whether the vendor still knows the system."""
        one, now = self._coordinator, dt_util.utcnow()
        asking = [job.name for job in one.client.job_terms() if job.weight > 0]
        since = one.schedule.unknown_since([job.name for job in main_jobs(one.client)], asking)
        if since is None or now - since < REMOVED_AFTER:
            clear_system_removed(self._hass, one.subentry_id)
        else:
            raise_system_removed(self._hass, self._entry.entry_id, one.subentry_id, one.name)

    def _check_access(self) -> None:
        """Check whether everything is refused, although the credential itself is not known to be dead."""
        one = self._coordinator
        since = one.schedule.refused_since()
        if since is None or dt_util.utcnow() - since < REFUSED_AFTER:
            clear_access_refused(self._hass, one.subentry_id)
        else:
            raise_access_refused(self._hass, one.subentry_id, self._entry.title, one.name, since)

    def _check_performance(self) -> None:
        """Check which inverters have fallen behind their siblings."""
        key, data, known = self._coordinator.system.key, self._coordinator.known, self._named
        low = {serial for serial in data.performance.underperforming if self._devices.owns(serial)}
        if not low:
            self._named = frozenset()
            clear_underperforming(self._hass, key)
            return
        self._named = known | low
        found = [(self._devices.name_of(serial), data.performance.by_inverter[serial]) for serial in low]
        raise_underperforming(self._hass, key, data.system.name, found, has_grown=not low <= known)
