"""What happens to any cloud."""

from datetime import timedelta

from .stage import BOTH, CloudKind, Stage, scenario

SECOND: dict[CloudKind, str] = {
    "enphase_v2": "enphase_67",
    "enphase_v4": "enphase_4200001",
    "solaredge_key": "solaredge_222881711",
}


@scenario(BOTH, quick=("enphase_v4",))
def clean(stage: Stage) -> None:
    """Nothing happens. Source: the judge's own proof that it finds nothing where there is nothing."""


@scenario(("enphase_v2", "enphase_v4", "solaredge_key"), more=SECOND)
def two_systems(stage: Stage) -> None:
    """Two systems share an account: after an outage neither waits for the other. Source: hultenvp/solis-sensor#125."""
    stage.grace = timedelta(minutes=30)
