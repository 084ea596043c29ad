"""What is stored of the first steps of a system."""

from datetime import UTC, date, datetime
import json
from types import SimpleNamespace
from unittest.mock import Mock

import pytest

from custom_components.solar_cloud.statistics.setup import Setup, async_keep_setup, read_setup, with_setup

WHOLE = Setup(
    is_answered=True,
    since=date(2020, 5, 1),
    price=37,
    dashboard=True,
    forecasts=("one",),
    added=("solar_cloud:enphase_72_production",),
    booked=("production",),
    added_at=datetime(2026, 6, 10, 12, tzinfo=UTC),
)


@pytest.mark.parametrize("setup", [Setup(), WHOLE, Setup(is_answered=True, declines_past=True)])
def test_what_is_left_to_do_is_the_same_after_a_restart(setup: Setup) -> None:
    stored = json.loads(json.dumps(with_setup({"system_id": "72"}, setup)))
    assert stored["system_id"] == "72"
    assert read_setup(stored) == setup


def test_a_system_whose_first_steps_are_done_has_nothing_stored_of_them() -> None:
    done = Setup(is_answered=True, price=37, added=WHOLE.added, added_at=WHOLE.added_at)
    assert with_setup({"system_id": "72", "setup": {}}, done) == {"system_id": "72"}
    assert read_setup({"system_id": "72"}) is None


@pytest.mark.parametrize("damaged", [7, {"since": "yesterday"}, {"is_answered": "yes"}])
def test_what_cannot_be_read_counts_as_not_answered(damaged: object) -> None:
    assert read_setup({"setup": damaged}) == Setup()


def test_an_answer_that_the_owner_gives_meanwhile_stays() -> None:
    answered = with_setup({}, WHOLE)
    coordinator = Mock(subentry_id="system")
    coordinator.config_entry.subentries = {"system": SimpleNamespace(data=answered)}
    async_keep_setup(coordinator, Setup(), Setup(is_answered=True))
    coordinator.hass.config_entries.async_update_subentry.assert_not_called()
    async_keep_setup(coordinator, WHOLE, Setup(is_answered=True))
    coordinator.hass.config_entries.async_update_subentry.assert_called_once()
