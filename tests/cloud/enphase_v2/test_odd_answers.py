"""Every field of every sample answer, absent, null or of a wrong type: nothing but a `CloudError` may come of it."""

from collections.abc import Awaitable, Callable, Iterator
import copy
from datetime import date
import json
import math
from typing import Any

import aiohttp
import pytest

from custom_components.solar_cloud.cloud.account import Account
from custom_components.solar_cloud.cloud.enphase_v2.client import EnphaseV2
from custom_components.solar_cloud.cloud.errors import CloudError
from custom_components.solar_cloud.model.merging import merge

from ..conftest import NOW, FakeCloud
from .helpers import ZONE, known, make_client, sample

ABSENT = object()
ODD: tuple[Any, ...] = (
    ABSENT,
    None,
    True,
    -1,
    0,
    31.5,
    10**400,
    1e308,
    math.nan,
    math.inf,
    "",
    "x",
    "-1",
    "2013-01-01",
    [],
    [[]],
    [None],
    {},
    {"value": []},
)

type Ask = Callable[[EnphaseV2], Awaitable[Any]]
ENDPOINTS: dict[str, Ask] = {
    "systems": lambda client: client.systems(),
    "summary": lambda client: client.api.summary("123"),
    "stats": lambda client: client.api.stats("1765"),
    "rgm_stats": lambda client: client.api.rgm_stats("1765"),
    "energy_lifetime": lambda client: client.api.energy_lifetime("66"),
    "energy_lifetime_all": lambda client: client.api.energy_lifetime("66", all_series=True),
    "monthly_production": lambda client: client.api.monthly_production("66", date(2011, 7, 1)),
    "envoys": lambda client: client.api.envoys("67"),
    "inventory": lambda client: client.api.inventory("1765"),
    "inverters_summary": lambda client: client.api.inverters_summary("67"),
}
JOBS = {"summary": "123", "envoys": "67", "inventory": "1765", "inverters": "67"}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value in a JSON document, the document itself first."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, (*path, key))


def mutants(document: Any) -> Iterator[tuple[tuple[Any, ...], Any, Any]]:
    """Yield the document with one value at a time replaced or taken out: where, by what, and the result."""
    for path in places(document):
        for odd in ODD:
            if not path:
                if odd is not ABSENT:
                    yield path, odd, odd
                continue
            mutant = copy.deepcopy(document)
            holder = mutant
            for key in path[:-1]:
                holder = holder[key]
            if odd is ABSENT:
                del holder[path[-1]]
            else:
                holder[path[-1]] = odd
            yield path, odd, mutant


def answering(answer: Any) -> Callable[..., Awaitable[Any]]:
    """Return a method that asks nobody and has this answer; thousands of mocks would take a sixth of the time."""

    async def get(*_args: Any, **_kwargs: Any) -> Any:
        return answer

    return get


@pytest.fixture
def client(session: aiohttp.ClientSession, account: Account, cloud: FakeCloud) -> EnphaseV2:
    return make_client(session, account, cloud)


async def outcome(client: EnphaseV2, ask: Ask, answer: Any) -> str:
    """Return what came of an answer that is handed to the client as parsed JSON."""
    client.api._transport.get = answering(answer)  # type: ignore[method-assign]
    try:
        await ask(client)
    except CloudError as error:
        return type(error).__name__
    return "read"


@pytest.mark.parametrize("name", ENDPOINTS)
async def test_an_odd_field_is_read_or_malformed(client: EnphaseV2, name: str) -> None:
    outcomes: dict[str, int] = {}
    for path, odd, answer in mutants(sample(name)):
        try:
            result = await outcome(client, ENDPOINTS[name], answer)
        except Exception as error:
            raise AssertionError(f"{name} {path} = {odd!r}") from error
        outcomes[result] = outcomes.get(result, 0) + 1
        # Only the answer as a whole, its list of systems or its system's id may make it unreadable.
        assert result == "read" or path in {(), ("system_id",), ("systems",)}, (path, odd)
    assert set(outcomes) == {"read", "MalformedAnswer"}


@pytest.mark.parametrize("name", JOBS)
async def test_an_odd_field_leaves_a_jobs_update_fit_to_be_merged(client: EnphaseV2, name: str) -> None:
    merged = 0
    for path, odd, answer in mutants(sample("inverters_summary" if name == "inverters" else name)):
        client.api._transport.get = answering(answer)  # type: ignore[method-assign]
        data = known(JOBS[name])
        try:
            merge(data, await client.job(name).run(data, NOW), NOW, ZONE)
            merged += 1
        except CloudError:
            continue
        except Exception as error:
            raise AssertionError(f"{name} {path} = {odd!r}") from error
    assert merged > 100


@pytest.mark.parametrize("name", ["summary", "inventory"])
async def test_an_absent_or_null_field_over_http(client: EnphaseV2, cloud: FakeCloud, name: str) -> None:
    read = 0
    for path, odd, answer in mutants(sample(name)):
        if path and (odd is ABSENT or odd is None):
            cloud.forget()
            cloud.answer("*", json.dumps(answer))
            await ENDPOINTS[name](client)
            read += 1
    assert read >= 20


async def test_unknown_fields_are_ignored(client: EnphaseV2, cloud: FakeCloud) -> None:
    cloud.answer("*", sample("summary"))
    plain = await client.api.summary("123")
    cloud.forget()
    cloud.answer("*", sample("summary") | {"moon_phase": {"full": True}, "": None})
    assert await client.api.summary("123") == plain
