"""Home Assistant's clock is wrong, and only the cloud's answers say so."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder.core import Recorder
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.solar_cloud.cloud import transport
from custom_components.solar_cloud.cloud.response import Response
from custom_components.solar_cloud.const import DOMAIN

from ..home.conftest import Cloud, add_account, pass_time, solaredge_input

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(recorder_mock: Recorder, enable_custom_integrations: None) -> None:
    """Let Home Assistant have a recorder, before anything else."""


@contextmanager
def cloud_clock_ahead(apart: timedelta) -> Iterator[None]:
    """Let the answers have another time than we do: the simulator shares our clock."""
    send = transport.send

    async def sent(*arguments: object) -> object:
        answer = await send(*arguments)  # type: ignore[arg-type]
        if isinstance(answer, Response):
            headers = {**answer.headers, "Date": format_datetime(datetime.now(UTC) + apart, usegmt=True)}
            return Response(status=answer.status, headers=headers, content_type=answer.content_type, body=answer.body)
        return answer

    with patch.object(transport, "send", sent):
        yield


async def test_a_wrong_clock_is_said_once_and_no_day_is_finished_until_it_is_right(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, caplog: pytest.LogCaptureFixture
) -> None:
    freezer.move_to(datetime(2026, 6, 10, 18, tzinfo=UTC))
    entry = await add_account(hass, "solaredge_key", solaredge_input(cloud), ["1148616"])
    (system,) = entry.runtime_data.systems.values()
    issues = ir.async_get(hass)
    issue_id = f"clock_wrong_{entry.entry_id}"
    await pass_time(hass, freezer, HOUR, step=HOUR / 4)
    assert issues.async_get_issue(DOMAIN, issue_id) is None
    before = system.bookkeeper.state.closed
    with cloud_clock_ahead(-timedelta(days=2)):
        await pass_time(hass, freezer, 20 * HOUR, step=HOUR / 2)
        issue = issues.async_get_issue(DOMAIN, issue_id)
        assert issue is not None
        assert issue.translation_placeholders is not None
        assert issue.translation_placeholders["account"].startswith("SolarEdge: ")
        assert issue.translation_placeholders["ours"] > issue.translation_placeholders["theirs"]
        assert system.bookkeeper.state.closed == before
    said = [record for record in caplog.records if "clock differs" in record.getMessage()]
    assert len(said) == 1
    await pass_time(hass, freezer, 3 * HOUR, step=HOUR / 2)
    assert issues.async_get_issue(DOMAIN, issue_id) is None
    assert system.bookkeeper.state.closed == date(2026, 6, 10)
