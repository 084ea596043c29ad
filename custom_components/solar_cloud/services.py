"""The actions: a system's past imported, checked, read and copied, and the system brought into the Energy dashboard.

They are there before the first account is. What an action does is imported once a system of a loaded account was found,
whose own code has loaded most of it.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from homeassistant.core import HomeAssistant, ServiceCall, SupportsResponse, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv, service
from homeassistant.util import dt as dt_util
import probatio

from .const import CONF_SYSTEM, DOMAIN
from .model.names import Flow
from .statistics.periods import MOST_DAYS, Period

if TYPE_CHECKING:
    from .cloud.archive import Archive
    from .runtime import SolarCloudConfigEntry
    from .statistics.bookkeeper import Bookkeeper
    from .statistics.system_statistics import SystemStatistics

ATTR_ACCEPT_DISAGREEMENT: Final = "accept_disagreement"
ATTR_DRY_RUN: Final = "dry_run"
ATTR_END: Final = "end"
ATTR_FLOW: Final = "flow"
ATTR_FLOWS: Final = "flows"
ATTR_MAX_REQUESTS: Final = "max_requests"
ATTR_PERIOD: Final = "period"
ATTR_SINCE: Final = "since"
ATTR_SPREAD_LUMPS: Final = "spread_lumps"
ATTR_START: Final = "start"
ATTR_TARGET: Final = "target"

SERVICE_ADD_TO_ENERGY_DASHBOARD: Final = "add_to_energy_dashboard"
SERVICE_COPY_HISTORY: Final = "copy_history"
SERVICE_GET_HISTORY: Final = "get_history"
SERVICE_IMPORT_HISTORY: Final = "import_history"
SERVICE_UNDO_COPY_HISTORY: Final = "undo_copy_history"
SERVICE_VERIFY_STATISTICS: Final = "verify_statistics"

DAY = timedelta(days=1)
MOST_VERIFIED_DAYS = 31

_SYSTEM_SCHEMA = probatio.Schema({probatio.Required(CONF_SYSTEM): cv.string})
_IMPORT_SCHEMA = _SYSTEM_SCHEMA.extend(
    {probatio.Optional(ATTR_SINCE): cv.date, probatio.Optional(ATTR_DRY_RUN, default=False): cv.boolean}
)
_DAYS_SCHEMA = _SYSTEM_SCHEMA.extend({probatio.Required(ATTR_START): cv.date, probatio.Optional(ATTR_END): cv.date})
_TARGET_SCHEMA = _SYSTEM_SCHEMA.extend({probatio.Required(ATTR_TARGET): cv.string})
_COPY_SCHEMA = _TARGET_SCHEMA.extend(
    {
        probatio.Required(ATTR_FLOW): probatio.Coerce(Flow),
        probatio.Optional(ATTR_START): cv.date,
        probatio.Optional(ATTR_END): cv.date,
        probatio.Optional(ATTR_MAX_REQUESTS): cv.positive_int,
        probatio.Optional(ATTR_SPREAD_LUMPS, default=False): cv.boolean,
        probatio.Optional(ATTR_ACCEPT_DISAGREEMENT, default=False): cv.boolean,
        probatio.Optional(ATTR_DRY_RUN, default=False): cv.boolean,
    }
)
_HISTORY_SCHEMA = _DAYS_SCHEMA.extend(
    {
        probatio.Required(ATTR_PERIOD): probatio.Coerce(Period),
        probatio.Optional(ATTR_FLOWS): probatio.All(cv.ensure_list, [probatio.Coerce(Flow)]),
        probatio.Optional(ATTR_MAX_REQUESTS, default=0): cv.positive_int,
    }
)


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions.

    What spends much of a plan, or changes the dashboard or another statistic, only an administrator may call.
    """
    service.async_register_admin_service(
        hass, DOMAIN, SERVICE_IMPORT_HISTORY, _async_import, _IMPORT_SCHEMA, supports_response=SupportsResponse.OPTIONAL
    )
    service.async_register_admin_service(
        hass,
        DOMAIN,
        SERVICE_ADD_TO_ENERGY_DASHBOARD,
        _async_add_to_energy_dashboard,
        _SYSTEM_SCHEMA,
        supports_response=SupportsResponse.OPTIONAL,
    )
    for name, act, schema in (
        (SERVICE_COPY_HISTORY, _async_copy, _COPY_SCHEMA),
        (SERVICE_UNDO_COPY_HISTORY, _async_undo_copy, _TARGET_SCHEMA),
    ):
        service.async_register_admin_service(
            hass, DOMAIN, name, act, schema, supports_response=SupportsResponse.OPTIONAL
        )
    hass.services.async_register(
        DOMAIN, SERVICE_VERIFY_STATISTICS, _async_verify, _DAYS_SCHEMA, supports_response=SupportsResponse.ONLY
    )
    hass.services.async_register(
        DOMAIN, SERVICE_GET_HISTORY, _async_get_history, _HISTORY_SCHEMA, supports_response=SupportsResponse.ONLY
    )


async def _async_import(call: ServiceCall) -> dict[str, Any]:
    """State what the past costs, and import it unless it is a dry run."""
    bookkeeper = _bookkeeper(call)
    from .budget.rates import budget_of
    from .statistics.allowance import spare_requests
    from .statistics.import_terms import import_price, largest_step

    statistics = bookkeeper.statistics
    archive = _archive(statistics)
    begin = statistics.begin()
    since: date | None = call.data.get(ATTR_SINCE, begin)
    if since is None:
        raise _invalid("begin_unknown", {"name": statistics.name})
    if begin is not None:
        # Before its first day there is nothing to pay for.
        since = max(since, begin)
    days = max(0, ((statistics.state.first or statistics.today()) - since).days)
    price = import_price(statistics, since)
    budget = budget_of(statistics.metered.ledger, dt_util.utcnow())
    if (step := largest_step(statistics, since)) > budget.share:
        raise _invalid("never_affordable", {"name": statistics.name, "price": step, "share": budget.share})
    starts = days > 0 and not call.data[ATTR_DRY_RUN]
    if starts:
        await bookkeeper.async_import(since)
    return {
        "system": statistics.name,
        "requests": price,
        "requests_left": budget.left,
        "since": since.isoformat(),
        "days": days,
        "started": starts,
        "this_month": archive.is_free or price <= spare_requests(statistics.metered),
    }


async def _async_verify(call: ServiceCall) -> dict[str, Any]:
    """Compare the statistics of finished days with the cloud's totals."""
    statistics = _bookkeeper(call).statistics
    from .statistics.verification import async_verify

    archive = _archive(statistics)
    yesterday = statistics.today() - DAY
    first, last = _span(call, yesterday, MOST_VERIFIED_DAYS)
    if first > yesterday:
        raise _invalid("not_finished", {"day": first.isoformat()})
    return await async_verify(statistics, archive, first, min(last, yesterday))


async def _async_get_history(call: ServiceCall) -> dict[str, Any]:
    """Return intervals of energy."""
    statistics = _bookkeeper(call).statistics
    from .statistics.query import async_history, async_measured

    period: Period = call.data[ATTR_PERIOD]
    first, last = _span(call, statistics.today(), MOST_DAYS[period])
    measured = await async_measured(statistics)
    flows = list(dict.fromkeys(call.data.get(ATTR_FLOWS, measured)))
    if lacking := [flow for flow in flows if flow not in measured]:
        raise _invalid("flow_not_measured", {"name": statistics.name, "flow": ", ".join(lacking)})
    return await async_history(statistics, first, last, period, flows, call.data[ATTR_MAX_REQUESTS])


async def _async_add_to_energy_dashboard(call: ServiceCall) -> dict[str, Any]:
    """Add the statistics of a system to the Energy dashboard."""
    statistics = _bookkeeper(call).statistics
    from .statistics.energy_dashboard import async_add_sources

    return await async_add_sources(statistics)


async def _async_copy(call: ServiceCall) -> dict[str, Any]:
    """State what a copy into another statistic would write, and write it unless it is a dry run."""
    bookkeeper, data = _bookkeeper(call), call.data
    from .statistics.copying.answer import answer_of
    from .statistics.copying.copier import Copier, CopyRequest
    from .statistics.copying.past import async_import_missing, missing_past

    statistics = bookkeeper.statistics
    start, end = data.get(ATTR_START), data.get(ATTR_END)
    if start is not None and end is not None and end < start:
        raise _invalid("end_before_start", {"start": start.isoformat(), "end": end.isoformat()})
    request = CopyRequest(
        flow=data[ATTR_FLOW], target=data[ATTR_TARGET], start=start, end=end, spread_lumps=data[ATTR_SPREAD_LUMPS]
    )
    copier, most = Copier(statistics), data.get(ATTR_MAX_REQUESTS)
    # What cannot be copied costs no request.
    plan = await copier.async_plan(request)
    past = missing_past(statistics, start, most)
    if not data[ATTR_DRY_RUN]:
        is_accepted: bool = data[ATTR_ACCEPT_DISAGREEMENT]
        copier.check(plan, accept_disagreement=is_accepted)
        await async_import_missing(bookkeeper, past)
        plan = await copier.async_copy(request, accept_disagreement=is_accepted)
    return {
        "system": statistics.name,
        "flow": str(request.flow),
        "written": not data[ATTR_DRY_RUN] and not plan.is_empty,
        **answer_of(plan, statistics.zone),
        "requests": past.affordable,
        "missing_requests": past.price - past.affordable,
        "importing": statistics.state.is_importing,
    }


async def _async_undo_copy(call: ServiceCall) -> dict[str, Any]:
    """Take back what was copied into another statistic."""
    statistics, target = _bookkeeper(call).statistics, call.data[ATTR_TARGET]
    from .statistics.copying.copier import Copier

    return {"system": statistics.name, "target": target, "hours": await Copier(statistics).async_undo(target)}


@callback
def _bookkeeper(call: ServiceCall) -> Bookkeeper:
    """Return who keeps the statistics of a call's system; raises `ServiceValidationError` when there are none."""
    device_id: str = call.data[CONF_SYSTEM]
    entry: SolarCloudConfigEntry
    device, entry = service.async_get_device_and_config_entry(call.hass, DOMAIN, device_id, include_child_devices=False)
    system = entry.runtime_data.systems.get(device.config_subentry_id or "")
    if system is None or (DOMAIN, system.coordinator.system.key) not in device.identifiers:
        raise _invalid("no_system", {"device": device.name_by_user or device.name or device_id})
    if not system.coordinator.has_data:
        raise _invalid("no_data_yet", {"name": system.coordinator.name})
    if not system.bookkeeper.statistics.book.available:
        raise _invalid("no_recorder")
    return system.bookkeeper


def _archive(statistics: SystemStatistics) -> Archive:
    """Return the past as the cloud reports it; raises `ServiceValidationError` where it has none."""
    if (archive := statistics.archive) is None:
        raise _invalid("no_past", {"name": statistics.name})
    return archive


def _span(call: ServiceCall, newest: date, most: int) -> tuple[date, date]:
    """Return the first and the last day that a call asks for."""
    first: date = call.data[ATTR_START]
    last: date = call.data.get(ATTR_END, max(first, newest))
    if last < first:
        raise _invalid("end_before_start", {"start": first.isoformat(), "end": last.isoformat()})
    if (last - first).days >= most:
        raise _invalid("too_many_days", {"most": most})
    return first, last


def _invalid(key: str, placeholders: Mapping[str, object] = MappingProxyType({})) -> ServiceValidationError:
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders={name: str(value) for name, value in placeholders.items()},
    )
