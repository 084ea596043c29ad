"""Three Enphase systems that v4 reads: bare, with meters, with meters, batteries and a charger."""

from datetime import UTC, datetime

from ..plant.devices import Accessory, Battery, ConsumptionMeter, EvCharger, Gateway, Inverter, RevenueMeter
from ..plant.energy import Load, Storage
from ..plant.ev import EvUse
from ..plant.place import Address
from ..plant.plant import Plant
from ..plant.sun import Sky


def pv_residence() -> Plant:
    """Return system 4200001: Spain, one gateway, 14 microinverters, no meter; two of them report late."""
    operational = datetime(2024, 5, 14, 10, 20, tzinfo=UTC)
    gateway = Gateway(serial="122400000001", id=4211, sku="ENV-S-EM-230", model="Envoy-S-Standard-EU")
    return Plant(
        "enphase",
        4200001,
        "Casa Olmo",
        timezone="Europe/Madrid",
        sky=Sky(latitude=39.47, longitude=-0.38, tilt=20, seed=4200001, clear_days=0.6),
        operational_at=operational,
        gateways=[gateway],
        inverters=_micros(gateway, operational, "482400000", 14, model="IQ8MC", size_w=425),
        address=Address(country="ES", state="VC", city="Valencia", postal_code="46001"),
        public_name="Residential System",
        connection_type="Wi-Fi",
    )


def metered_house() -> Plant:
    """Return system 4200002: Sydney, one gateway, 20 microinverters, meters of production and of consumption (Total).

    All is in three phases. The meters were installed with the system.
    """
    operational = datetime(2024, 8, 27, 1, 40, tzinfo=UTC)
    gateway = Gateway(serial="122400000002", id=4212, sku="ENV-S-WM-230", model="Envoy-S-Metered-EU")
    return Plant(
        "enphase",
        4200002,
        "Wattle Street",
        timezone="Australia/Sydney",
        sky=Sky(latitude=-33.87, longitude=151.21, tilt=22, seed=4200002, clear_days=0.5),
        operational_at=operational,
        gateways=[gateway],
        inverters=_micros(gateway, operational, "482400001", 20, model="IQ7PLUS", size_w=370),
        revenue_meters=[
            RevenueMeter(
                serial=f"{gateway.serial}EIM1",
                gateway=gateway.serial,
                installed=operational,
                manufacturer="Enphase",
                model="Envoy S",
                phases=3,
            )
        ],
        consumption_meter=ConsumptionMeter(
            serial=f"{gateway.serial}EIM2", gateway=gateway.serial, installed=operational, config="Total", phases=3
        ),
        load=Load(base_w=340, peak_w=1800, seed=4200002),
        address=Address(country="AU", state="NSW", city="Sydney", postal_code="2000"),
    )


def battery_house() -> Plant:
    """Return system 4200003: the Netherlands, one gateway, 16 microinverters, meters (Net), 2 batteries, an EV charger.

    One microinverter reports late.
    """
    operational = datetime(2025, 2, 6, 11, 15, tzinfo=UTC)
    gateway = Gateway(serial="122400000003", id=4213, sku="ENV-S-WM-230", model="Envoy-S-Metered-EU")
    return Plant(
        "enphase",
        4200003,
        "Iepenlaan",
        timezone="Europe/Amsterdam",
        sky=Sky(latitude=52.09, longitude=5.12, tilt=33, seed=4200003, clear_days=0.25),
        operational_at=operational,
        gateways=[gateway],
        inverters=_micros(gateway, operational, "482400002", 16, model="IQ8AC", size_w=440),
        revenue_meters=[
            RevenueMeter(
                serial=f"{gateway.serial}EIM1",
                gateway=gateway.serial,
                installed=operational,
                manufacturer="Enphase",
                model="Envoy S",
            )
        ],
        consumption_meter=ConsumptionMeter(
            serial=f"{gateway.serial}EIM2", gateway=gateway.serial, installed=operational, config="Net"
        ),
        batteries=[
            Battery(serial=f"49240000000{number}", connected_to=gateway.serial, model="IQ Battery 5P", capacity_wh=4960)
            for number in (1, 2)
        ],
        storage=Storage(capacity_wh=9920, power_w=7680, efficiency_percent=95),
        load=Load(base_w=300, peak_w=1700, seed=4200003, ev=EvUse(power_w=7200, seed=4200003)),
        ev_charger=EvCharger(serial="202400000001"),
        accessories=[
            Accessory(
                kind="q_relays",
                serial="482490000001",
                installed=operational,
                name="Q-Relay 482490000001",
                model="Q-Relay",
                part_number="860-00259",
                sku="Q-RELAY-1P-INT",
            )
        ],
        address=Address(country="NL", state="UT", city="Utrecht", postal_code="3511"),
    )


def _micros(
    gateway: Gateway, operational: datetime, head: str, count: int, *, model: str, size_w: int
) -> list[Inverter]:
    """Return microinverters; every ninth reports two slots later than the others."""
    return [
        Inverter(
            serial=f"{head}{number:03d}",
            gateway=gateway.serial,
            installed=operational,
            model=model,
            part_number="800-01736-r02",
            size_w=size_w,
            late=2 if number % 9 == 7 else 0,
        )
        for number in range(1, count + 1)
    ]
