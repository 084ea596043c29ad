"""Two Enphase systems that v2 reads: two Envoys with a meter, one Envoy without."""

from datetime import UTC, datetime, timedelta

from ..plant.devices import Gateway, Inverter, RevenueMeter
from ..plant.place import Address
from ..plant.plant import Plant
from ..plant.sun import Sky


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
