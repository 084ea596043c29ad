"""What Enphase v4's answers look like, written by hand from its documentation: every field, its type, no other.

`validate(path, body)` raises for an answer that is not as documented. Nothing here is taken from the simulator.
"""

import re
from typing import Any

import voluptuous as vol

from .v4_fields import (
    COUNT,
    DATE,
    EPOCH,
    MAYBE_EPOCH,
    MAYBE_TEXT,
    NUMBER,
    PERCENT,
    STATUS,
    WH,
    WITH_PERCENT,
    exactly,
    record,
    whole,
)

META = record(status=STATUS, last_report_at=MAYBE_EPOCH, last_energy_at=MAYBE_EPOCH, operational_at=MAYBE_EPOCH)
ADDRESS = record(city=MAYBE_TEXT, state=MAYBE_TEXT, country=MAYBE_TEXT, postal_code=MAYBE_TEXT)
SYSTEM = record(
    system_id=COUNT,
    name=str,
    public_name=str,
    timezone=MAYBE_TEXT,
    address=ADDRESS,
    connection_type=str,
    energy_lifetime=exactly(-1),
    energy_today=exactly(-1),
    system_size=exactly(-1),
    status=STATUS,
    last_report_at=MAYBE_EPOCH,
    last_energy_at=MAYBE_EPOCH,
    operational_at=MAYBE_EPOCH,
    attachment_type=MAYBE_TEXT,
    interconnect_date=vol.Any(None, whole, DATE),
    reference_=str,
    other_references_=[str],
)
SYSTEMS = record(total=COUNT, current_page=COUNT, size=COUNT, count=COUNT, items=exactly("systems"), systems=[SYSTEM])
SUMMARY = record(
    system_id=COUNT,
    current_power=whole,
    energy_lifetime=WH,
    energy_today=WH,
    last_interval_end_at=MAYBE_EPOCH,
    last_report_at=MAYBE_EPOCH,
    modules=COUNT,
    operational_at=MAYBE_EPOCH,
    size_w=COUNT,
    nmi=MAYBE_TEXT,
    source=vol.In(["microinverters", "meter"]),
    status=STATUS,
    summary_date=DATE,
    battery_charge_w=vol.Any(None, COUNT),
    battery_discharge_w=vol.Any(None, COUNT),
    battery_capacity_wh=vol.Any(None, COUNT),
    evse_power=[{str: record(evse_max_charge_w=COUNT, evse_min_charge_w=COUNT)}],
)

DEVICE: dict[str, Any] = {
    "id": vol.Any(whole, str),
    "last_report_at": MAYBE_EPOCH,
    "name": str,
    "serial_number": str,
    "part_number": MAYBE_TEXT,
    "sku": MAYBE_TEXT,
    "model": str,
    "status": STATUS,
    "active": bool,
    "product_name": str,
}
MODEM = record(imei=str, part_num=str, sku=str, plan_start_date=MAYBE_EPOCH, plan_end_date=MAYBE_EPOCH)
DEVICES = record(
    system_id=COUNT,
    total_devices=COUNT,
    items=exactly("devices"),
    devices=record(
        micros_=[record(**DEVICE)],
        meters_=[
            record(
                **DEVICE,
                state=vol.In(["enabled", "disabled"]),
                config_type=vol.In(["Production", "Net", "Total"]),
                config_phase=vol.In(["single", "three"]),
            )
        ],
        gateways_=[record(**DEVICE, emu_sw_version=str, cellular_modem=vol.Any(None, MODEM))],
        q_relays_=[record(**DEVICE)],
        acbs_=[record(**DEVICE)],
        encharges_=[record(**DEVICE)],
        enpowers_=[record(**DEVICE)],
        iq_collars_=[record(**DEVICE)],
        ev_chargers_=[record(**DEVICE, firmware=str)],
    ),
)


def measured(unit: str) -> Any:
    return record(value=vol.Any(None, COUNT), units=exactly(unit), precision=COUNT)


INVERTERS = [
    record(
        signal_strength=COUNT,
        micro_inverters=[
            record(
                id=COUNT,
                serial_number=str,
                model=str,
                part_number=str,
                sku=str,
                status=vol.In(["normal", "power", "micro", "retired"]),
                power_produced=vol.Any(measured("W"), COUNT),
                proc_load=str,
                param_table=str,
                envoy_serial_number=str,
                energy=measured("Wh"),
                grid_profile=str,
                last_report_date=MAYBE_EPOCH,
            )
        ],
    )
]

EVENT_TYPES = record(
    event_types=[
        record(
            event_type_id=COUNT,
            event_type_key=str,
            stateful=bool,
            event_name=str,
            event_description=str,
            recommended_action=str,
        )
    ]
)


def events(*status: str, end: Any) -> Any:
    return record(
        system_id=COUNT,
        events=[
            record(
                status=vol.In(status),
                event_type_id=COUNT,
                event_start_time=EPOCH,
                event_end_time=end,
                serial_number=str,
            )
        ],
    )


ALARM: dict[str, Any] = {
    "id": str,
    "severity": vol.All(whole, vol.Range(min=1, max=6)),
    "event_type_id": COUNT,
    "alarm_start_time": EPOCH,
    "events": [record(serial_number=str, start_date=EPOCH, end_date=MAYBE_EPOCH)],
}
ALARMS = record(system_id=COUNT, alarms=[record(**ALARM, cleared=bool, alarm_end_time=MAYBE_EPOCH)])
OPEN_ALARMS = record(system_id=COUNT, alarms=[record(**ALARM)])


def readings(**row: Any) -> Any:
    return record(system_id=COUNT, meter_readings=[record(**row, read_at=EPOCH)], meta=META)


def lifetime(*names: str, **others: Any) -> Any:
    days = {f"{name}__": [WH] for name in names}
    return record(system_id=COUNT, start_date=vol.Any(None, DATE), **days, **others, meta=META)


def telemetry(row: Any, *, nested: bool = False, meta: bool = True, **others: Any) -> Any:
    """The common frame, in which times go with times and dates with dates."""
    frame: dict[str, Any] = {
        "system_id": COUNT,
        "granularity": vol.In(["5mins", "15mins", "day", "week"]),
        "total_devices": exactly(0) if nested else COUNT,
        "items": exactly("intervals"),
        "intervals": [[row]] if nested else [row],
        **({"meta": META} if meta else {}),
        **others,
    }
    return vol.Any(record(**frame, start_at=EPOCH, end_at=EPOCH), record(**frame, start_date=DATE, end_date=DATE))


PRODUCTION_MICRO = telemetry(record(end_at=EPOCH, devices_reporting=COUNT, powr=whole, enwh=WH))
PRODUCTION_METER = telemetry(record(end_at=EPOCH, devices_reporting=COUNT, wh_del=WH), meta=False)
CONSUMPTION_METER = telemetry(record(end_at=EPOCH, devices_reporting=COUNT, enwh=WH))
_COUNTED = record(enwh=WH, devices_reporting=COUNT)
BATTERY = telemetry(
    record(end_at=EPOCH, charge=_COUNTED, discharge=_COUNTED, soc=record(percent=PERCENT, devices_reporting=COUNT)),
    meta=False,
    last_reported_aggregate_soc=WITH_PERCENT,
)
RGM_STATS = record(
    system_id=COUNT,
    total_devices=COUNT,
    meta=META,
    intervals=[record(end_at=EPOCH, wh_del=WH, devices_reporting=COUNT)],
    meter_intervals=[
        record(
            meter_serial_number=str,
            envoy_serial_number=str,
            intervals=[record(channel=COUNT, end_at=EPOCH, wh_del=vol.Any(None, WH), curr_w=vol.Any(None, COUNT))],
        )
    ],
)
_CHANNEL = vol.All(whole, vol.Range(min=1, max=3))
_POWER: dict[str, Any] = {
    "id": COUNT,
    "channel": _CHANNEL,
    "last_report_at": MAYBE_EPOCH,
    "power": vol.Any(None, whole),
}
LATEST = record(
    system_id=COUNT,
    items=exactly("devices"),
    devices=record(
        meters_=[record(**_POWER, name=vol.In(["production", "consumption"]))],
        encharges_=[
            record(**_POWER, name=str, operational_mode=vol.Any(None, vol.In(["Idle", "Charging", "Discharging"])))
        ],
        evse_=[
            record(
                serial_number=str,
                name=str,
                last_report_at=MAYBE_EPOCH,
                operational_mode=vol.Any(None, vol.In(["PLUGGED_OUT", "IDLE", "CHARGING", "FAULTED"])),
            )
        ],
    ),
)

MICRO_ROW = record(end_at=EPOCH, powr=whole, enwh=WH)
MICRO = telemetry(MICRO_ROW, meta=False, serial_number=str)
_PAGE: dict[str, Any] = {
    "system_id": COUNT,
    "total_devices": COUNT,
    "page": COUNT,
    "page_size": COUNT,
    "granularity": str,
    "items": exactly("intervals"),
    "devices": [record(serial_number=str, intervals=[MICRO_ROW])],
}
MICROS = vol.Any(record(**_PAGE, start_at=EPOCH, end_at=EPOCH), record(**_PAGE, start_date=DATE, end_date=DATE))
ENCHARGE = telemetry(
    record(end_at=EPOCH, charge=record(enwh=WH), discharge=record(enwh=WH), soc=record(percent=PERCENT)),
    meta=False,
    serial_number=str,
    last_reported_time=EPOCH,
    last_reported_soc=WITH_PERCENT,
)
_EVSE: dict[str, Any] = {
    "system_id": COUNT,
    "granularity": str,
    "interval_duration": vol.In(["5mins", "15mins"]),
    "items": exactly("intervals"),
    "intervals": [record(end_at=EPOCH, wh_consumed=whole)],
}
EVSE_TELEMETRY = vol.Any(record(**_EVSE, start_at=EPOCH, end_at=EPOCH), record(**_EVSE, start_date=DATE, end_date=DATE))
EVSE_LIFETIME = record(system_id=COUNT, start_date=DATE, end_date=DATE, consumption=[WH])

EV_DEVICES = record(
    system_id=COUNT,
    total_devices=COUNT,
    items=exactly("devices"),
    devices=record(ev_chargers=[record(**DEVICE, firmware=str)]),
)
EV_EVENTS = record(
    system_id=COUNT,
    count=COUNT,
    events=[
        record(status=vol.In(["Info", "Open", "Closed"]), triggered_date=EPOCH, cleared_date=MAYBE_EPOCH, details=str)
    ],
)
EV_SESSIONS = record(
    system_id=COUNT,
    count=COUNT,
    sessions=[
        record(
            start_time=EPOCH,
            end_time=EPOCH,
            duration=COUNT,
            energy_added=NUMBER,
            charge_time=COUNT,
            miles_added=NUMBER,
            cost=NUMBER,
        )
    ],
)
_CLOCK = vol.Match(r"^\d{1,2}:\d{2}$")
EV_SCHEDULES = record(
    system_id=COUNT,
    charger_schedules=[
        record(
            type=str,
            is_active=bool,
            reminder_flag=bool,
            reminder_timer=COUNT,
            schedules=[
                record(
                    days=[vol.All(whole, vol.Range(min=1, max=7))],
                    start_time=_CLOCK,
                    end_time=_CLOCK,
                    charging_level=PERCENT,
                )
            ],
        )
    ],
)
EV_LIFETIME = record(system_id=COUNT, start_date=DATE, consumption=[WH])
_EV: dict[str, Any] = {
    "system_id": COUNT,
    "granularity": vol.In(["day", "week"]),
    "consumption": [record(end_at=EPOCH, consumption=whole)],
}
EV_TELEMETRY = vol.Any(record(**_EV, start_at=EPOCH, end_at=EPOCH), record(**_EV, start_date=DATE, end_date=DATE))

PRODUCTION_LIFETIME = lifetime(
    "production", micro_production_=[WH], meter_production_=[WH], meter_start_date_=vol.Any(whole, DATE)
)
SCHEMAS: dict[str, Any] = {
    r"systems|systems/search": SYSTEMS,
    r"systems/\d+": SYSTEM,
    r"systems/\d+/summary": SUMMARY,
    r"systems/\d+/devices": DEVICES,
    r"systems/retrieve_system_id": record(system_id=COUNT),
    r"systems/inverters_summary_by_envoy_or_site": INVERTERS,
    r"systems/event_types": EVENT_TYPES,
    r"systems/\d+/events": events("Info", "Open", "Closed", end=MAYBE_EPOCH),
    r"systems/\d+/open_events": events("open", end=None),
    r"systems/\d+/alarms": ALARMS,
    r"systems/\d+/open_alarms": OPEN_ALARMS,
    r"systems/\d+/production_meter_readings": readings(serial_number=str, value=WH),
    r"systems/\d+/consumption_meter_readings": readings(serial_num=str, value=WH),
    r"systems/\d+/storage_meter_readings": readings(serial_num=str, value_charged=WH, value_discharged=WH),
    r"systems/\d+/energy_lifetime": PRODUCTION_LIFETIME,
    r"systems/\d+/consumption_lifetime": lifetime("consumption"),
    r"systems/\d+/battery_lifetime": lifetime("charge", "discharge"),
    r"systems/\d+/energy_import_lifetime": lifetime("import"),
    r"systems/\d+/energy_export_lifetime": lifetime("export"),
    r"systems/\d+/telemetry/production_micro": PRODUCTION_MICRO,
    r"systems/\d+/telemetry/production_meter": PRODUCTION_METER,
    r"systems/\d+/telemetry/consumption_meter": CONSUMPTION_METER,
    r"systems/\d+/telemetry/battery": BATTERY,
    r"systems/\d+/energy_import_telemetry": telemetry(record(end_at=EPOCH, wh_imported=WH), nested=True),
    r"systems/\d+/energy_export_telemetry": telemetry(record(end_at=EPOCH, wh_exported=WH), nested=True),
    r"systems/\d+/rgm_stats": RGM_STATS,
    r"systems/\d+/latest_telemetry": LATEST,
    r"systems/\d+/devices/micros/\d+/telemetry": MICRO,
    r"systems/\d+/devices/micros/telemetry": MICROS,
    r"systems/\d+/devices/encharges/\d+/telemetry": ENCHARGE,
    r"systems/\d+/\d+/evse_telemetry": EVSE_TELEMETRY,
    r"systems/\d+/\d+/evse_lifetime": EVSE_LIFETIME,
    r"systems/\d+/ev_charger/devices": EV_DEVICES,
    r"systems/\d+/ev_charger/events": EV_EVENTS,
    r"systems/\d+/ev_charger/\d+/sessions": EV_SESSIONS,
    r"systems/\d+/ev_charger/\d+/schedules": EV_SCHEDULES,
    r"systems/\d+/ev_charger/\d+/lifetime": EV_LIFETIME,
    r"systems/\d+/ev_charger/\d+/telemetry": EV_TELEMETRY,
}
"""By the path below the API's."""
ERROR = record(message=str, details=str, code=whole)
_COMPILED = {re.compile(pattern): vol.Schema(schema) for pattern, schema in SCHEMAS.items()}


def validate(path: str, body: Any) -> Any:
    """Return an answer that is as documented. Raise vol.Invalid, KeyError for a path that has no documentation."""
    for pattern, schema in _COMPILED.items():
        if pattern.fullmatch(path):
            return schema(body)
    raise KeyError(path)
