"""The clouds that the stored accounts read: small systems, what the vendor lacks or limits, and who owns what."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from simulator import Simulator
from simulator.plant.devices import Battery, ConsumptionMeter, Gateway, Inverter, RevenueMeter
from simulator.plant.energy import Load, Storage
from simulator.plant.plant import Plant
from simulator.plant.sun import Sky
from simulator.ready import ENPHASE_USER_ID, ENPHASE_V4_OWNER

BEGIN = datetime(2026, 6, 8, 16, 58, 30, tzinfo=UTC)
"""When the accounts are added."""
OPERATIONAL = datetime(2026, 5, 27, 9, 20, tzinfo=UTC)
"""When the systems of Enphase were: their whole past is imported, and is to stay small."""
SITE, PV_SITE = "solaredge_1148616", "solaredge_222881711"


@dataclass(frozen=True, kw_only=True)
class World:
    """One account's cloud at the beginning, and what happens at it while the account is read."""

    begin: Callable[[Simulator], None]
    lacking: str
    """Paths that the account may not read, as patterns: 404."""
    limited: tuple[int, dict[str, object], dict[str, str]]
    """One answer that tells a limit: status, body and headers."""

    def prepare(self, simulator: Simulator) -> None:
        """Make a simulator with the ready systems this account's cloud."""
        self.begin(simulator)
        simulator.fail(self.lacking, status=404, body={"message": "Not found"}, times=None)

    def limit(self, simulator: Simulator) -> None:
        """Let the next reading be answered with a limit."""
        status, body, headers = self.limited
        simulator.fail("*/s*s/*/*", status=status, body=body, headers=headers)


def _inverters(gateway: Gateway, count: int, head: str, **details: object) -> list[Inverter]:
    return [
        Inverter(serial=f"{head}{number}", gateway=gateway.serial, installed=OPERATIONAL, **details)  # type: ignore[arg-type]
        for number in range(1, count + 1)
    ]


def _meter_residence() -> Plant:
    """Return an Enphase system with a revenue-grade meter."""
    envoy = Gateway(serial="010731000003", id=512, part_number="800-00002-r00")
    return Plant(
        "enphase",
        67,
        "Eich Residence",
        timezone="America/Los_Angeles",
        sky=Sky(latitude=38.40, longitude=-122.82, tilt=22, seed=67),
        operational_at=OPERATIONAL,
        gateways=[envoy],
        inverters=_inverters(envoy, 3, "12110000000"),
        revenue_meter=RevenueMeter(serial="123123123123", gateway=envoy.serial, installed=OPERATIONAL),
    )


def _bare_residence() -> Plant:
    """Return an Enphase system without a meter."""
    envoy = Gateway(serial="121703014455", id=903)
    return Plant(
        "enphase",
        72,
        "Sample Residence",
        timezone="Europe/Amsterdam",
        sky=Sky(latitude=52.16, longitude=4.49, tilt=35, seed=72),
        operational_at=OPERATIONAL,
        gateways=[envoy],
        inverters=_inverters(envoy, 2, "12170300000", model="IQ7PLUS", size_w=295),
    )


def _metered_house() -> Plant:
    """Return an Enphase system with meters of production and of consumption (Total)."""
    gateway = Gateway(serial="122400000002", id=4212, sku="ENV-S-WM-230", model="Envoy-S-Metered-EU")
    return Plant(
        "enphase",
        4200002,
        "Wattle Street",
        timezone="Australia/Sydney",
        sky=Sky(latitude=-33.87, longitude=151.21, tilt=22, seed=4200002, clear_days=0.5),
        operational_at=OPERATIONAL,
        gateways=[gateway],
        inverters=_inverters(gateway, 2, "48240000100", model="IQ7PLUS", size_w=370),
        revenue_meters=[
            RevenueMeter(serial=f"{gateway.serial}EIM1", gateway=gateway.serial, installed=OPERATIONAL, phases=3)
        ],
        consumption_meter=ConsumptionMeter(
            serial=f"{gateway.serial}EIM2", gateway=gateway.serial, installed=OPERATIONAL, config="Total", phases=3
        ),
        load=Load(base_w=340, peak_w=1800, seed=4200002),
    )


def _battery_house() -> Plant:
    """Return an Enphase system with meters (Net) and a battery."""
    gateway = Gateway(serial="122400000003", id=4213, sku="ENV-S-WM-230", model="Envoy-S-Metered-EU")
    return Plant(
        "enphase",
        4200003,
        "Iepenlaan",
        timezone="Europe/Amsterdam",
        sky=Sky(latitude=52.09, longitude=5.12, tilt=33, seed=4200003, clear_days=0.25),
        operational_at=OPERATIONAL,
        gateways=[gateway],
        inverters=_inverters(gateway, 8, "48240000200", model="IQ8AC", size_w=440),
        revenue_meters=[RevenueMeter(serial=f"{gateway.serial}EIM1", gateway=gateway.serial, installed=OPERATIONAL)],
        consumption_meter=ConsumptionMeter(
            serial=f"{gateway.serial}EIM2", gateway=gateway.serial, installed=OPERATIONAL, config="Net"
        ),
        batteries=[
            Battery(serial="492400000001", connected_to=gateway.serial, model="IQ Battery 5P", capacity_wh=4960)
        ],
        storage=Storage(capacity_wh=4960, power_w=3840, efficiency_percent=95),
        load=Load(base_w=300, peak_w=1700, seed=4200003),
    )


def _enphase_v2(simulator: Simulator) -> None:
    for system, plant in {"67": _meter_residence(), "72": _bare_residence()}.items():
        simulator.remove_system(f"enphase_{system}")
        simulator.add_plant(plant, ENPHASE_USER_ID)


def _enphase_v4(simulator: Simulator) -> None:
    simulator.remove_system("enphase_4200001")
    for plant in (_metered_house(), _battery_house()):
        simulator.remove_system(plant.key)
        simulator.add_plant(plant, ENPHASE_V4_OWNER)
    simulator.open_event("enphase_4200003", type_id=52, alarm=True)


def _solaredge(simulator: Simulator) -> None:
    simulator.set_limits("solaredge", per_minute=7)
    simulator.open_alert(SITE, type="INVERTER_COMMUNICATION_FAULT", component_serial="7F16E777-F1")
    simulator.open_alert(SITE, type="GRID_VOLTAGE_FAULT", category="GRID", impact=3)


_MINUTE_OF_FOUR = {"message": "Too many requests", "period": "minute", "limit": 4}
_TWO_HOURS = int(timedelta(hours=2).total_seconds())

WORLDS = {
    "enphase_v2": World(begin=_enphase_v2, lacking="*/systems/72/envoys", limited=(409, _MINUTE_OF_FOUR, {})),
    "enphase_v4": World(begin=_enphase_v4, lacking="*/systems/4200002/open_alarms", limited=(429, _MINUTE_OF_FOUR, {})),
    # SolarEdge tells the minute's limit with each answer, and the end of the month's with its refusal.
    "solaredge_key": World(
        begin=_solaredge,
        lacking="*/sites/222881711/overview",
        limited=(429, {"message": "Too many requests"}, {"Retry-After": str(_TWO_HOURS)}),
    ),
    "solaredge_signed_in": World(
        begin=_solaredge,
        lacking="*/sites/1148616/overview",
        limited=(429, {"message": "Too many requests"}, {"Retry-After": "50"}),
    ),
}
"""By the account's name."""
