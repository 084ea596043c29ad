"""Every field of every sample answer of Enphase v4, absent, null or of a wrong type: only a `CloudError` may come."""

from unittest.mock import AsyncMock

import aiohttp
import pytest

from custom_components.solar_cloud.cloud.enphase_v4_api import EnphaseV4Api
from custom_components.solar_cloud.cloud.enphase_v4_ev import EvChargerApi
from custom_components.solar_cloud.cloud.errors import CloudError
from custom_components.solar_cloud.cloud.transport import Account

from .conftest import FakeCloud
from .enphase_v4_helpers import AMSTERDAM, ENDPOINTS, make_api, sample
from .test_enphase_v2_odd_answers import mutants


@pytest.fixture
def api(session: aiohttp.ClientSession, account: Account, cloud: FakeCloud) -> EnphaseV4Api:
    return make_api(session, account, cloud)


@pytest.mark.parametrize("name", ENDPOINTS)
async def test_an_odd_field_is_read_or_malformed(api: EnphaseV4Api, name: str) -> None:
    ev, ask = EvChargerApi(api, AMSTERDAM), ENDPOINTS[name][1]
    outcomes: dict[str, int] = {}
    for path, odd, answer in mutants(sample(name)):
        api._transport.get = AsyncMock(return_value=answer)  # type: ignore[method-assign]
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
