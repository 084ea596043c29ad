"""Every scenario at every cloud it applies to, judged law by law."""

from collections.abc import Iterator
from datetime import UTC, datetime

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest

from simulator.scenarios import LIBRARY, CloudKind

from ..home.conftest import Cloud
from .known import KNOWN
from .report import note
from .runner import VARIANTS, Run, Variant

TURNS = 12
"""So many days the slow tests take to play all restarts and outages once: others each day."""
SLOW = pytest.mark.slow("days of a whole Home Assistant with a recorder, judged at each reading")


def _cases(day: int) -> Iterator[tuple[str, CloudKind, Variant, list[pytest.MarkDecorator]]]:
    """Yield each run, and when it is played on a day: by default, with the slow tests, or only by scripts/laws."""
    disturbed = 0
    for name, one in LIBRARY.items():
        for kind in one.clouds:
            for variant in VARIANTS:
                if variant == "start":
                    yield name, kind, variant, [] if kind in one.quick else [SLOW]
                    continue
                disturbed += 1
                yield name, kind, variant, [pytest.mark.full if (disturbed - day) % TURNS else SLOW]


CASES = [
    pytest.param(name, kind, variant, marks=marks)
    for name, kind, variant, marks in _cases(datetime.now(UTC).date().toordinal())
]


def test_the_slow_tests_play_each_restart_and_outage_once_in_some_days() -> None:
    slow = [
        (name, kind, variant)
        for day in range(TURNS)
        for name, kind, variant, marks in _cases(day)
        if variant != "start" and SLOW in marks
    ]
    assert sorted(slow) == sorted((one[0], one[1], one[2]) for one in _cases(0) if one[2] != "start")


@pytest.mark.parametrize(("name", "kind", "variant"), CASES)
async def test_no_law_is_broken(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, name: str, kind: CloudKind, variant: Variant
) -> None:
    judges = await Run(hass, cloud, freezer, LIBRARY[name], kind, variant).play()
    note(name, kind, variant, judges)
    found = [one for judge in judges for one in judge.found]
    broken = {one.law for one in found}
    known = KNOWN.get((name, kind, variant), frozenset())
    new = [one for one in found if one.law not in known]
    assert not new, "\n".join(map(str, new))
    assert known <= broken, f"no longer broken, to be taken from the list: {sorted(known - broken)}"
