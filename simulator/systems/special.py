"""Further systems for tests of special hardware: ``simulator.add_plant(two_battery_site(), SOLAREDGE_API_KEY)``."""

from collections.abc import Callable
from datetime import UTC, datetime

from ..plant.devices import Battery, ConsumptionMeter, Gateway, GridMeter, Inverter, Meter, RevenueMeter
from ..plant.energy import Load, Storage
from ..plant.place import Address
from ..plant.plant import Plant
from ..plant.sun import Sky

_GERMANY = Address(country="Germany", state="Hessen", city="Kassel", postal_code="34117", street="Friedrichsplatz 18")


def large_residence() -> Plant:
    """Return Enphase system 2200: Arizona, 200 microinverters on 4 Envoys, no meter."""
    operational = datetime(2025, 2, 20, 16, 0, tzinfo=UTC)
    envoys = [Gateway(serial=f"1222000{number:05d}", id=2200 + number) for number in range(1, 5)]
    return Plant(
        "enphase",
        2200,
        "Saguaro Ranch",
        timezone="America/Phoenix",
        sky=Sky(latitude=33.45, longitude=-112.07, tilt=15, seed=2200, clear_days=0.7),
        operational_at=operational,
        gateways=envoys,
        inverters=[
            Inverter(
                serial=f"1222100{number:05d}",
                gateway=envoys[number % 4].serial,
                installed=operational,
                model="IQ7A",
                part_number="800-01391-r02",
                size_w=400,
            )
            for number in range(200)
        ],
        address=Address(state="AZ", city="Phoenix", postal_code="85001"),
    )


def metered_residence() -> Plant:
    """Return Enphase system 2300: Colorado, 24 microinverters, 2 revenue-grade meters and one of consumption.

    The first meter counts three fifths of the energy. It is the successor of one that was replaced.
    """
    operational = datetime(2024, 9, 5, 17, 0, tzinfo=UTC)
    replaced = datetime(2025, 11, 12, 18, 20, tzinfo=UTC)
    envoy = Gateway(serial="122300000001", id=2301, part_number="800-00654-r08", sku="ENV-S-WM-230")
    return Plant(
        "enphase",
        2300,
        "Foothills House",
        timezone="America/Denver",
        sky=Sky(latitude=39.74, longitude=-105.2, tilt=27, seed=2300, clear_days=0.6),
        operational_at=operational,
        gateways=[envoy],
        inverters=[
            Inverter(
                serial=f"1223100{number:05d}",
                gateway=envoy.serial,
                installed=operational,
                model="IQ8PLUS",
                part_number="800-01736-r02",
                size_w=330,
            )
            for number in range(1, 25)
        ],
        revenue_meters=[
            RevenueMeter(
                serial=f"{envoy.serial}EIM0", gateway=envoy.serial, installed=operational, retired=replaced, weight=3
            ),
            RevenueMeter(serial=f"{envoy.serial}EIM1", gateway=envoy.serial, installed=replaced, weight=3),
            RevenueMeter(serial=f"{envoy.serial}EIM3", gateway=envoy.serial, installed=operational, weight=2),
        ],
        consumption_meter=ConsumptionMeter(serial=f"{envoy.serial}EIM2", gateway=envoy.serial, installed=operational),
        load=Load(base_w=380, peak_w=2100, seed=2300),
        address=Address(state="CO", city="Golden", postal_code="80401"),
    )


def two_battery_site() -> Plant:
    """Return SolarEdge site 1300001: 1 inverter, meters of grid, production and consumption, 2 batteries.

    A consumption meter and a battery have been replaced; a virtual production meter has no serial number.
    """
    operational = datetime(2025, 4, 10, 9, 0, tzinfo=UTC)
    replaced = datetime(2026, 2, 3, 11, 0, tzinfo=UTC)
    inverter = "7C20B1E4-9D"
    return Plant(
        "solaredge",
        1300001,
        "Fulda House",
        timezone="Europe/Berlin",
        sky=Sky(latitude=51.31, longitude=9.49, tilt=32, seed=1300001, clear_days=0.2),
        operational_at=operational,
        gateways=[Gateway(serial=inverter, id=1)],
        inverters=[
            Inverter(
                serial=inverter,
                gateway=inverter,
                installed=operational,
                model="SE10K-RWS",
                part_number="SE10K-RWS48BEN4",
                size_w=11600,
            )
        ],
        address=_GERMANY,
        load=Load(base_w=420, peak_w=2300, seed=1300001),
        grid_meter=GridMeter(serial="607140011", connected_to=inverter),
        meters=[
            Meter(serial="607140012", kind="production", connected_to=inverter),
            Meter(serial="607140013", kind="consumption", connected_to=inverter),
            Meter(serial="604990007", kind="consumption", connected_to=inverter, retired=replaced),
            Meter(serial=None, kind="production", connected_to=inverter),
        ],
        batteries=[
            Battery(serial="BAT-2201", connected_to=inverter, capacity_wh=9700),
            Battery(serial="BAT-1007", connected_to=inverter, capacity_wh=4600, retired=replaced),
            Battery(serial="BAT-2202", connected_to=inverter, capacity_wh=4600),
        ],
        storage=Storage(capacity_wh=14300, power_w=7000),
    )


def thirty_inverter_site() -> Plant:
    """Return SolarEdge site 1300002: 30 inverters of two models behind one of them, a grid meter."""
    operational = datetime(2025, 6, 2, 8, 0, tzinfo=UTC)
    first = "7B300001-01"
    return Plant(
        "solaredge",
        1300002,
        "Wilhelm Works",
        timezone="Europe/Berlin",
        sky=Sky(latitude=51.31, longitude=9.45, tilt=12, seed=1300002, clear_days=0.25),
        operational_at=operational,
        gateways=[Gateway(serial=first, id=1)],
        inverters=[
            Inverter(
                serial=f"7B3000{number:02X}-{number:02X}",
                gateway=first,
                installed=operational,
                model="SE17K" if number <= 20 else "SE27.6K",
                part_number="SE17K-RW0T0BNN4" if number <= 20 else "SE27.6K-RW0T0BNN4",
                size_w=17000 if number <= 20 else 28000,
            )
            for number in range(1, 31)
        ],
        address=_GERMANY,
        load=Load(base_w=90_000, peak_w=60_000, seed=1300002),
        grid_meter=GridMeter(serial="607150021", connected_to=first),
    )


def battery_without_meter_site() -> Plant:
    """Return SolarEdge site 1300003: 1 inverter and a battery, but no meter of grid or consumption."""
    operational = datetime(2025, 3, 18, 10, 0, tzinfo=UTC)
    inverter = "7D11AF03-70"
    return Plant(
        "solaredge",
        1300003,
        "Aue Cottage",
        timezone="Europe/Berlin",
        sky=Sky(latitude=51.30, longitude=9.50, tilt=38, seed=1300003, clear_days=0.2),
        operational_at=operational,
        gateways=[Gateway(serial=inverter, id=1)],
        inverters=[
            Inverter(
                serial=inverter,
                gateway=inverter,
                installed=operational,
                model="SE5K-RWS",
                part_number="SE5K-RWS48BEN4",
                size_w=5600,
            )
        ],
        address=_GERMANY,
        load=Load(base_w=260, peak_w=1500, seed=1300003),
        battery=Battery(serial="BAT-3301", connected_to=inverter),
        storage=Storage(capacity_wh=4600, power_w=2500),
    )


FACTORIES: dict[str, Callable[[], Plant]] = {
    factory.__name__: factory
    for factory in (
        large_residence,
        metered_residence,
        two_battery_site,
        thirty_inverter_site,
        battery_without_meter_site,
    )
}
"""By name, as the control API knows them."""
