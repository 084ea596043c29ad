"""Every scenario at every cloud it applies to, judged law by law."""

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest

from simulator.scenarios import LIBRARY, CloudKind

from ..home.conftest import Cloud
from .known import KNOWN
from .report import note
from .runner import VARIANTS, Run, Variant

CASES = [
    pytest.param(name, kind, variant, marks=[] if kind in one.quick and variant == "start" else [pytest.mark.slow])
    for name, one in LIBRARY.items()
    for kind in one.clouds
    for variant in VARIANTS
]


@pytest.mark.parametrize(("name", "kind", "variant"), CASES)
async def test_no_law_is_broken(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, name: str, kind: CloudKind, variant: Variant
) -> None:
    judge = await Run(hass, cloud, freezer, LIBRARY[name], kind, variant).play()
    note(name, kind, variant, judge)
    known = KNOWN.get((name, kind, variant), frozenset())
    new = [one for one in judge.found if one.law not in known]
    assert not new, "\n".join(map(str, new))
    assert known <= judge.found.laws, f"no longer broken, to be taken from the list: {sorted(known - judge.found.laws)}"
