"""The JSON of Enphase v2 about energy to the model. Pure functions; energies are Wh, instants aware UTC."""

from datetime import tzinfo
from typing import Any

from ..enphase.fields import about, amount_of, meta_of, series_of
from ..enphase.model import ConsumptionLifetime, MeterReadings, MonthlyProduction, Stats
from ..enphase.parse_energy import METER_LENGTH, MICRO_LENGTH, read_stats
from ..parse import as_date, as_maps, as_str


def parse_stats(answer: Any, system_id: str) -> Stats:
    """Read the microinverters' production in intervals of 5 minutes."""
    return read_stats(answer, system_id, "stats", MICRO_LENGTH, "enwh", lambda row: amount_of(row.get("powr")))


def parse_consumption_stats(answer: Any, system_id: str) -> Stats:
    """Read what was used in intervals of 15 minutes (late v2); `None` (HTTP 204) is a system without such a meter."""
    return read_stats(answer, system_id, "consumption_stats", METER_LENGTH, "enwh", may_be_empty=True)


def parse_consumption_lifetime(answer: Any, system_id: str, zone: tzinfo) -> ConsumptionLifetime:
    """Read what was used by day (late v2); `None` (HTTP 204) is a system without such a meter."""
    data = about(answer, system_id, "consumption_lifetime", may_be_empty=True)
    return ConsumptionLifetime(
        start=as_date(data.get("start_date"), zone),
        consumption=series_of(data.get("consumption")),
        meta=meta_of(data.get("meta")),
    )


def parse_monthly_production(answer: Any, system_id: str, zone: tzinfo) -> MonthlyProduction:
    """Read the production of a month."""
    data = about(answer, system_id, "monthly_production")
    return MonthlyProduction(
        start=as_date(data.get("start_date"), zone),
        end=as_date(data.get("end_date"), zone),
        production_wh=amount_of(data.get("production_wh")),
        meter_readings=tuple(
            MeterReadings(serial=serial, start_wh=amount_of(row.get("start")), end_wh=amount_of(row.get("end")))
            for row in as_maps(data.get("meter_readings"))
            if (serial := as_str(row.get("serial_number")))
        ),
        meta=meta_of(data.get("meta")),
    )
