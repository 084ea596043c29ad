"""A few systems that are ready to use, and the credentials that open them."""

from datetime import UTC, datetime, timedelta

from ..accounts import encode_id
from ..app import Simulator
from ..clock import Clock
from ..plant.devices import Alert, Battery, Gateway, GridMeter, Inverter, RevenueMeter
from ..plant.energy import Load, Storage
from ..plant.place import Address
from ..plant.plant import Plant
from ..plant.sun import Sky
from .ready_v4 import V4_SYSTEMS

ENPHASE_API_KEY = "5f1d3a7c9b2e4860a1c3e5d7f9b0a2c4"
ENPHASE_USER_ID = encode_id(247)
"""Owns systems 67 and 72 in v2."""
ENPHASE_SINGLE_USER_ID = encode_id(248)
"""Owns system 72 only."""
ENPHASE_V4_API_KEY = "c0ffee5d41e94b7a8f20d6713b9e4a55"
ENPHASE_V4_CLIENT_ID = "9b1d5e7f3a2c46808e4f6a0c2d4b6e81"
ENPHASE_V4_CLIENT_SECRET = "2f8a6c4e0b1d3957f1e3d5c7b9a08264"  # noqa: S105 - opens nothing but the simulator
ENPHASE_V4_OWNER = "Robin Elm"
"""Owns systems 4200001, 4200002 and 4200003; signed in unless somebody else is chosen."""
ENPHASE_V4_OWNER_NUMBER = 4217
ENPHASE_V4_OWNER_OF_BOTH = "Jo Eich"
"""Is v2's user 247, who owns systems 67 and 72 there as well."""
ENPHASE_V4_OWNER_OF_BOTH_NUMBER = 247
SOLAREDGE_API_KEY = "7Q2MZ0B4TNC8XW5K1RVJ9DHYF3GLPA6S"
"""Opens both SolarEdge sites."""
SOLAREDGE_ACCOUNT_KEY = "SA-9F27C1B6E04D"
SOLAREDGE_SINGLE_API_KEY = "K4D8H2S6W0B3N7M1Z5X9C2V6L0P4J8G1"
"""Opens site 222881711 only."""
SOLAREDGE_SINGLE_ACCOUNT_KEY = "SA-31D8A7F05C9E"
SOLAREDGE_CLIENT_ID = "b6f0c4d2e8a1437f9c25"
SOLAREDGE_CLIENT_SECRET = "Jx3vQ8rT1mZ6wK9pL4sN7yB2cF5hD0gA"  # noqa: S105 - of the simulator alone
SOLAREDGE_REDIRECT_URL = "http://127.0.0.1:8123/api/solar_cloud/solaredge/callback"
"""Where homeowners are sent back to; others have to be allowed before they are used."""
SOLAREDGE_OWNER = "Jane Doe"
"""A homeowner; her login is linked to site 222881711."""
SOLAREDGE_BATTERY_OWNER = "Erika Mustermann"
"""A homeowner; her login is linked to site 1148616."""


def ready_simulator(clock: Clock | None = None) -> Simulator:
    """Return a simulator with five Enphase systems, two SolarEdge sites and the credentials above.

    Two of the Enphase systems are read through v2, three through v4; the owner of both reads v2's through v4 too.
    """
    simulator = Simulator(clock)
    simulator.add_enphase_key(ENPHASE_API_KEY)
    for user_id in (ENPHASE_USER_ID, ENPHASE_SINGLE_USER_ID):
        simulator.add_enphase_user(user_id)
    simulator.add_solaredge_key(SOLAREDGE_API_KEY, SOLAREDGE_ACCOUNT_KEY)
    simulator.add_solaredge_key(SOLAREDGE_SINGLE_API_KEY, SOLAREDGE_SINGLE_ACCOUNT_KEY)
    simulator.add_solaredge_application(
        SOLAREDGE_CLIENT_ID, SOLAREDGE_CLIENT_SECRET, redirect_urls=[SOLAREDGE_REDIRECT_URL]
    )
    simulator.add_solaredge_owner(SOLAREDGE_OWNER, [222881711])
    simulator.add_solaredge_owner(SOLAREDGE_BATTERY_OWNER, [1148616])
    simulator.add_plant(eich_residence(), ENPHASE_USER_ID)
    simulator.add_plant(sample_residence(), ENPHASE_USER_ID, ENPHASE_SINGLE_USER_ID)
    simulator.add_plant(battery_site(), SOLAREDGE_API_KEY)
    simulator.add_plant(pv_site(), SOLAREDGE_API_KEY, SOLAREDGE_SINGLE_API_KEY)
    _add_v4(simulator)
    return simulator


def _add_v4(simulator: Simulator) -> None:
    simulator.add_enphase_application(ENPHASE_V4_CLIENT_ID, ENPHASE_V4_CLIENT_SECRET, ENPHASE_V4_API_KEY)
    simulator.add_enphase_owner(ENPHASE_V4_OWNER, ENPHASE_V4_OWNER_NUMBER)
    simulator.add_enphase_owner(ENPHASE_V4_OWNER_OF_BOTH, ENPHASE_V4_OWNER_OF_BOTH_NUMBER, [67, 72])
    for system in V4_SYSTEMS:
        simulator.add_plant(system(), ENPHASE_V4_OWNER)


def eich_residence() -> Plant:
    """Return Enphase system 67: California, 2 Envoys, 31 M215, 5,250 W, a revenue-grade meter since its fourth week."""
    operational = datetime(2024, 2, 8, 18, 5, tzinfo=UTC)
    envoys = (
        Gateway(serial="010731000003", id=512, part_number="800-00002-r00"),
        Gateway(serial="010814000001", id=841, part_number="910-10000-r01"),
    )
    return Plant(
        "enphase",
        67,
        "Eich Residence",
        timezone="America/Los_Angeles",
        sky=Sky(latitude=38.40, longitude=-122.82, tilt=22, seed=67),
        operational_at=operational,
        gateways=envoys,
        inverters=[
            Inverter(
                serial=f"1211000{number:05d}",
                gateway=envoys[0 if number <= 19 else 1].serial,
                installed=operational,
                size_w=170 if number <= 11 else 169,
            )
            for number in range(1, 32)
        ],
        revenue_meter=RevenueMeter(
            serial="123123123123", gateway=envoys[0].serial, installed=operational + timedelta(days=24, hours=3)
        ),
    )


def sample_residence() -> Plant:
    """Return Enphase system 72: the Netherlands, 1 Envoy, 12 microinverters, no meter."""
    operational = datetime(2024, 4, 18, 9, 40, tzinfo=UTC)
    envoy = Gateway(serial="121703014455", id=903)
    return Plant(
        "enphase",
        72,
        "Sample Residence",
        timezone="Europe/Amsterdam",
        sky=Sky(latitude=52.16, longitude=4.49, tilt=35, seed=72, clear_days=0.15),
        operational_at=operational,
        gateways=[envoy],
        inverters=[
            Inverter(
                serial=f"1217030{number:05d}",
                gateway=envoy.serial,
                installed=operational,
                model="IQ7PLUS",
                part_number="800-01135-r02",
                size_w=295,
            )
            for number in range(1, 13)
        ],
        address=Address(country="NL", state="ZH", city="Leiden", postal_code="2311"),
        connection_type="wifi",
    )


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
