"""Answers of the simulator are changed or refused, by path and query; and the library of what clouds really did."""

from datetime import datetime
from pathlib import Path
import re
from typing import Any

import pytest

from simulator.disturbances import Asked, Refused
from simulator.scenarios import LIBRARY, Scenario
from simulator.scenarios.rows import Row, each_row, each_value

from .conftest import Driver

CASES = (Path(__file__).parents[2] / "docs" / "development" / "field-cases.md").read_text("utf-8")
TABLED = re.compile(r"`([a-z][a-z0-9_]+)`")


async def test_an_answer_is_changed_where_its_path_matches(drive: Driver):
    drive.simulator.disturbances.add("*/systems/72/summary", lambda body, _: body | {"energy_today": 1})
    assert (await drive.enphase("systems/72/summary")).body["energy_today"] == 1
    assert (await drive.enphase("systems/67/summary")).body["energy_today"] > 1
    drive.simulator.disturbances.clear()
    assert (await drive.enphase("systems/72/summary")).body["energy_today"] > 1


async def test_a_change_sees_what_was_asked_and_may_refuse_it(drive: Driver):
    def change(body: Any, asked: Asked) -> Any:
        if asked.query.get("resolution") == "WEEK":
            raise Refused(422, {"message": "no weeks"})
        return body

    drive.simulator.disturbances.add("*/sites/1148616/energy", change)
    refused = await drive.solaredge("sites/1148616/energy", resolution="WEEK", start="2026-06-01T00:00:00Z")
    assert (refused.status, refused.body) == (422, {"message": "no weeks"})
    assert "x-ratelimit-remaining-minute" in refused.headers
    assert (await drive.solaredge("sites/1148616/energy", resolution="DAY")).status == 200
    assert [path for _, path, _ in drive.simulator.disturbances.refusals] == ["/solaredge/v2/sites/1148616/energy"]
    assert [request.status for request in drive.simulator.requests] == [422, 200]


async def test_an_error_goes_by_unchanged(drive: Driver):
    drive.simulator.disturbances.add("*", lambda _, __: {})
    assert (await drive.enphase("systems/999999/summary")).body != {}


async def test_rows_are_changed_and_left_out_however_deep_they_lie(drive: Driver):
    def change(row: Row, end: datetime, _: Asked) -> Row | None:
        return None if end.minute == 15 else row | {"wh_imported": 7}

    drive.simulator.disturbances.add("*/energy_import_telemetry", each_row(change))
    body = (await drive.v4("systems/4200003/energy_import_telemetry")).body
    (rows,) = body["intervals"]
    assert rows
    assert {row["wh_imported"] for row in rows} == {7}
    assert all(row["end_at"] % 3600 != 900 for row in rows)


async def test_values_of_buckets_are_changed_by_the_name_of_their_series(drive: Driver):
    def change(value: float | None, _: datetime, __: Asked) -> float | None:
        return None if value is None else -1.0

    drive.simulator.disturbances.add("*/meters/*telemetry", each_value(change, "importEnergy"))
    asked = {"resolution": "QUARTER_HOUR", "start": "2026-06-21T08:00:00Z", "end": "2026-06-21T12:00:00Z"}
    body = (await drive.solaredge("sites/1148616/meters/telemetry", **asked)).body
    (series,) = body["meters"].values()
    assert {bucket["value"] for bucket in series["importEnergy"]["values"]} == {-1.0}
    assert max(bucket["value"] for bucket in series["exportEnergy"]["values"]) > 0


@pytest.mark.parametrize("scenario", LIBRARY.values(), ids=LIBRARY)
def test_a_scenario_says_where_it_happened_and_stands_in_the_log(scenario: Scenario):
    assert "Source: " in scenario.source
    assert scenario.clouds
    assert set(scenario.quick) <= set(scenario.clouds)
    assert f"`{scenario.name}`" in CASES


def test_the_log_names_no_scenario_that_is_not_there():
    rows = [line for line in CASES.splitlines() if line.startswith("| `")]
    named = {name for line in rows for name in TABLED.findall(line.split("|")[1])}
    assert named == LIBRARY.keys()
