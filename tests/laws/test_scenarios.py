"""Every scenario at every cloud it applies to, judged law by law."""

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest

from simulator.scenarios import LIBRARY, CloudKind

from ..home.conftest import Cloud
from .known import KNOWN
from .report import note
from .runner import VARIANTS, Run, Variant


def _marks(is_quick: bool, variant: Variant) -> list[pytest.MarkDecorator]:
    """Return when a run is played: by default, with the slow tests, or only by scripts/laws."""
    if variant != "start":
        return [pytest.mark.full]
    return [] if is_quick else [pytest.mark.slow]


CASES = [
    pytest.param(name, kind, variant, marks=_marks(kind in one.quick, variant))
    for name, one in LIBRARY.items()
    for kind in one.clouds
    for variant in VARIANTS
]


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
