"""Every field of every sample answer of Enphase v4, absent, null or of a wrong type: only a `CloudError` may come."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from typing import Any

import aiohttp
import pytest

from custom_components.solar_cloud.cloud.account import Account
from custom_components.solar_cloud.cloud.enphase_v4.api import EnphaseV4Api
from custom_components.solar_cloud.cloud.enphase_v4.client import EnphaseV4
from custom_components.solar_cloud.cloud.enphase_v4.ev_chargers import EvChargerApi
from custom_components.solar_cloud.cloud.enphase_v4.meters import METERS_NOTE
from custom_components.solar_cloud.cloud.errors import CloudError
from custom_components.solar_cloud.model.data import SystemData
from custom_components.solar_cloud.model.elements import Device, DeviceKind, System, Vendor
from custom_components.solar_cloud.model.merging import merge
from custom_components.solar_cloud.system.restore import dump

from ..conftest import FakeCloud
from ..enphase_v2.test_odd_answers import answering, mutants
from .helpers import AMSTERDAM, ELM, ENDPOINTS, KEY, SAMPLED, StaticAuth, make_api, sample


@pytest.fixture
def api(session: aiohttp.ClientSession, account: Account, cloud: FakeCloud) -> EnphaseV4Api:
    return make_api(session, account, cloud)


@pytest.mark.parametrize("name", ENDPOINTS)
async def test_an_odd_field_is_read_or_malformed(api: EnphaseV4Api, name: str) -> None:
    ev, ask = EvChargerApi(api, AMSTERDAM), ENDPOINTS[name][1]
    outcomes: dict[str, int] = {}
    for path, odd, answer in mutants(sample(name)):
        api._transport.get = answering(answer)  # type: ignore[method-assign]
        try:
            await ask(api, ev)
            result = "read"
        except CloudError as error:
            result = type(error).__name__
        except Exception as error:
            raise AssertionError(f"{name} {path} = {odd!r}") from error
        outcomes[result] = outcomes.get(result, 0) + 1
        # Only the answer as a whole, its list of systems or its system's id may make it unreadable.
        assert result == "read" or path in {(), ("system_id",), ("systems",)}, (path, odd)
    assert set(outcomes) == {"read", "MalformedAnswer"}


SMALLEST_DATE = -62_135_596_800
"""The epoch of .NET's smallest date."""
ABSURD = (SMALLEST_DATE, str(SMALLEST_DATE), 253_402_300_800, 2**63, -(2**63), 1e18, "0001-01-01T00:00:00Z", "soon", "")
TIMES = ("_at", "_date", "time", "_start", "_end")
"""How the names of fields end that hold a time or a day."""


@pytest.mark.parametrize("name", ENDPOINTS)
@pytest.mark.parametrize("absurd", ABSURD)
async def test_a_time_that_cannot_be_read_is_a_missing_time(api: EnphaseV4Api, name: str, absurd: object) -> None:
    def without_times(value: Any) -> Any:
        if isinstance(value, list):
            return [without_times(item) for item in value]
        if not isinstance(value, dict):
            return value
        return {key: absurd if str(key).endswith(TIMES) else without_times(item) for key, item in value.items()}

    api._transport.get = answering(without_times(sample(name)))  # type: ignore[method-assign]
    found = await ENDPOINTS[name][1](api, EvChargerApi(api, AMSTERDAM))
    assert not list(times_in(found))


def times_in(found: Any) -> Iterator[date]:
    """Yield every instant and day in what was read."""
    if isinstance(found, date):
        yield found
    elif is_dataclass(found):
        for item in fields(found):
            yield from times_in(getattr(found, item.name))
    elif isinstance(found, Mapping):
        yield from times_in([*found, *found.values()])
    elif isinstance(found, list | tuple):
        for item in found:
            yield from times_in(item)


JOBS = {
    "summary": "summary",
    "devices": "devices",
    "latest": "latest_telemetry",
    "telemetry": "production_meter",
    "import": "energy_import_telemetry",
    "export": "energy_export_telemetry",
    "battery": "battery",
    "consumption": "consumption_meter",
    "inverters": "inverters_summary",
    "totals": "energy_import_lifetime",
    "alerts": "open_alarms",
}
"""The jobs and the answer that each asks for."""


def metered(notes: dict[str, str]) -> SystemData:
    """Return a system that has everything, so that nothing of an answer is left unread."""
    kinds = {"122200000001": DeviceKind.GATEWAY, "492200000001": DeviceKind.BATTERY}
    system = System(vendor=Vendor.ENPHASE, id=ELM, name="Elm Street", timezone=AMSTERDAM.key, source="meter")
    return SystemData(
        system=system,
        devices={serial: Device(kind=kind, serial=serial) for serial, kind in kinds.items()},
        notes={METERS_NOTE: "production:production consumption:net", **notes},
    )


@pytest.mark.parametrize("bare", [False, True], ids=["metered", "bare"])
@pytest.mark.parametrize("name", JOBS)
async def test_an_odd_field_leaves_a_jobs_update_fit_to_be_merged_and_stored(
    session: aiohttp.ClientSession, account: Account, name: str, bare: bool
) -> None:
    now = SAMPLED + timedelta(minutes=7)
    notes = {"v4_event_type_28": "Gateway not reporting", "v4_import": "read"}
    data = SystemData(system=metered({}).system, notes=notes) if bare else metered(notes)
    merged = 0
    for path, odd, answer in mutants(sample(JOBS[name])):
        client = EnphaseV4(session, account, api_key=KEY, auth=StaticAuth(), zone=AMSTERDAM)
        client.api._transport.get = answering(answer)  # type: ignore[method-assign]
        try:
            after = merge(data, await client.job(name).run(data, now), now, AMSTERDAM)
            dump(after)
            [(one.applies_to(after), one.terms_for(after), one.terms_for(after).cost) for one in client.jobs]
            merged += 1
        except CloudError:
            continue
        except Exception as error:
            raise AssertionError(f"{name} {path} = {odd!r}") from error
    assert merged > 100
