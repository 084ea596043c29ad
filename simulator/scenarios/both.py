"""What happens to any cloud."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from ..systems.special import metered_residence, two_battery_site
from .stage import BOTH, CloudKind, Stage, scenario

SECOND: dict[CloudKind, str] = {
    "enphase_v2": "enphase_67",
    "enphase_v4": "enphase_4200001",
    "solaredge_key": "solaredge_222881711",
}


@scenario(BOTH, quick=("enphase_v4",))
def clean(stage: Stage) -> None:
    """Nothing happens. Source: the judge's own proof that it finds nothing where there is nothing."""


@scenario(
    BOTH,
    system={
        "enphase_v2": metered_residence,
        "enphase_v4": "enphase_4200002",
        "solaredge_key": two_battery_site,
        "solaredge_oauth": two_battery_site,
    },
    begin=datetime(2026, 6, 9, 20, 2, 30, tzinfo=UTC),
)
def clean_with_meters(stage: Stage) -> None:
    """Nothing happens to a system with all kinds of meters. Source: the judge's own proof, as `clean`."""


@scenario(BOTH, hours=78)
def half_hour_zone(stage: Stage) -> None:
    """The day begins in the midst of an hour, and nothing else happens. Source: own trial."""
    plant = stage.plant
    plant.timezone, plant.zone = "Asia/Kolkata", ZoneInfo("Asia/Kolkata")
    plant.sky = replace(plant.sky, latitude=22.57, longitude=88.36)
    plant.revision += 1


@scenario(("enphase_v2", "enphase_v4", "solaredge_key"), more=SECOND)
def two_systems(stage: Stage) -> None:
    """Two systems share an account: after an outage neither waits for the other. Source: hultenvp/solis-sensor#125."""
    stage.grace = timedelta(minutes=30)
