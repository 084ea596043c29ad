"""Two SolarEdge sites: one with meter and battery, one with an inverter alone."""

from datetime import UTC, datetime

from ..plant.devices import Alert, Battery, Gateway, GridMeter, Inverter
from ..plant.energy import Load, Storage
from ..plant.place import Address
from ..plant.plant import Plant
from ..plant.sun import Sky


def battery_site() -> Plant:
    """Return SolarEdge site 1148616: Germany, 2 inverters (and one that was replaced), a grid meter, a battery."""
    operational = datetime(2023, 12, 4, 10, 0, tzinfo=UTC)
    replaced = datetime(2024, 9, 17, 12, 0, tzinfo=UTC)
    gateway = Gateway(serial="7F16E777-F1", id=1)
    return Plant(
        "solaredge",
        1148616,
        "Doe, Jane",
        timezone="Europe/Berlin",
        sky=Sky(latitude=52.39, longitude=13.06, tilt=30, seed=1148616, clear_days=0.2),
        operational_at=operational,
        gateways=[gateway],
        inverters=[
            Inverter(
                serial="7F16E777-F1",
                gateway=gateway.serial,
                installed=operational,
                model="SE7600",
                part_number="SE7600H-RW000BNN4",
                size_w=7800,
            ),
            Inverter(
                serial="731CD0A2-41",
                gateway=gateway.serial,
                installed=operational,
                retired=replaced,
                model="SE5000",
                part_number="SE5000H-RW000BNN4",
                size_w=5000,
            ),
            Inverter(
                serial="731CD555-E9",
                gateway=gateway.serial,
                installed=replaced,
                model="SE5000",
                part_number="SE5000H-RW000BNN4",
                size_w=5000,
            ),
        ],
        address=Address(
            country="Germany", state="Brandenburg", city="Potsdam", postal_code="14467", street="Am Alten Markt 1"
        ),
        load=Load(base_w=320, peak_w=1900, seed=1148616),
        grid_meter=GridMeter(serial="606052971", connected_to="7F16E777-F1"),
        battery=Battery(serial="BAT-0001", connected_to="7F16E777-F1"),
        storage=Storage(capacity_wh=9700, power_w=5000),
        alerts=[
            Alert(
                id=771230,
                category="EQUIPMENT",
                type="INVERTER_COMMUNICATION_FAULT",
                impact=7,
                status="CLOSED",
                first_trigger=datetime(2024, 9, 16, 4, 15, tzinfo=UTC),
                last_trigger=datetime(2024, 9, 17, 9, 30, tzinfo=UTC),
                component_name="Inverter 2",
                component_serial="731CD0A2-41",
                error_codes=("3x6B",),
            )
        ],
        note="Gate code with the neighbour",
    )


def pv_site() -> Plant:
    """Return SolarEdge site 222881711: California, one inverter, neither meter nor battery."""
    operational = datetime(2024, 1, 16, 20, 0, tzinfo=UTC)
    gateway = Gateway(serial="7E0A4C21-B8", id=1)
    return Plant(
        "solaredge",
        222881711,
        "Doe, Jane JJ81234",
        timezone="America/Los_Angeles",
        sky=Sky(latitude=33.97, longitude=-118.25, tilt=18, seed=222881711),
        operational_at=operational,
        gateways=[gateway],
        inverters=[
            Inverter(
                serial="7E0A4C21-B8",
                gateway=gateway.serial,
                installed=operational,
                model="SE7600",
                part_number="SE7600H-US000BNU4",
                size_w=8502,
            )
        ],
        address=Address(
            country="United States",
            state="California",
            city="Los Angeles",
            postal_code="90001",
            street="223 Martin Luther King Dr.",
        ),
    )
