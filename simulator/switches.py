"""What real clouds are known or suspected to do one way or the other."""

from dataclasses import dataclass
from typing import Literal


@dataclass(slots=True, kw_only=True)
class Switches:
    """Behaviour that a test or the control API may change at any time."""

    enphase_inverters_summary: bool = True
    """Late v2: values per inverter; off: the path is unknown (404), as in early v2."""
    enphase_late: bool = True
    """Late v2's paths: values per inverter, consumption, meter readings, search; off: all unknown (404)."""
    enphase_consumption: bool = True
    """Off: the user may not see consumption (401)."""
    enphase_meter_intervals: bool = False
    """`rgm_stats` has `meter_intervals` for each meter, and seven days at most, as in late v2."""
    enphase_inventory_details: bool = False
    """`inventory` has `sku`, `status`, `state` and `meta`, as in late v2."""
    inverters_summary_as_object: bool = False
    """The answer is the bare object instead of a list of one for each Envoy."""
    inverters_power_as_int: bool = False
    """`power_produced` is a number instead of an object with value and unit."""
    inverters_energy_in_kj: bool = False
    """Energy per inverter in kJ instead of Wh."""
    enphase_power_stays: bool = False
    """`summary.current_power` keeps the last value that was not 0 through the night."""
    enphase_max_in_flight: int = 8
    """More requests of one key at the same time are answered with 503."""
    enphase_auto_consent: bool = False
    """The consent page of v4 allows at once, without anybody clicking."""
    enphase_redirects_registered: bool = True
    """Off: any redirect URI is accepted although the application has registered others."""
    enphase_token_form_refused: bool = False
    """The token endpoint reads its parameters in the query only."""
    enphase_tokens_count: bool = True
    """Calls of the token endpoint count in the application's plan."""
    enphase_tokens_limited: bool = False
    """Beyond the plan the token endpoint answers 429 too."""
    enphase_invalid_grant_401: bool = False
    """``invalid_grant`` is answered with 401 instead of 400."""
    enphase_old_refresh_works: bool = False
    """A refresh token may be used again and again."""
    enphase_old_access_refused: bool = False
    """A refresh ends the access token before, which otherwise works until it expires."""
    enphase_gating_403: bool = False
    """An endpoint beyond the plan is forbidden (403) instead of 401."""
    enphase_429: Literal["documented", "long", "short"] = "documented"
    """Whether v4's 429 names the period: as documented for the endpoint, always, or never."""
    enphase_not_installed: Literal["500", "422", "404", "empty", "zeros"] = "500"
    """What v4 answers for import, export and batteries on a system that has none."""
    enphase_no_consumption: Literal["500", "422", "404", "empty", "zeros"] = "empty"
    """The same for consumption."""
    enphase_future_end_refused: bool = True
    """A window of telemetry that ends in the future is 422; off: it ends now."""
    enphase_lifetime_without_today: bool = False
    """Lifetime series never have today, whatever is asked for."""
    enphase_nights: Literal["missing", "zero", "negative"] = "missing"
    """What `production_micro` says of the dark hours: no rows, rows of 0, or rows with less power than none."""
    enphase_intervals: Literal["documented", "flat", "nested"] = "documented"
    """Whether intervals are a list of rows or a list of lists; as documented only import and export are the latter."""
    enphase_import_as_export: bool = False
    """Rows of imported energy call it `wh_exported`, as the specification does by mistake."""
    enphase_direction_lost: bool = False
    """Exported power looks like consumed power in `latest_telemetry`, as where a transformer sits the wrong way."""
    enphase_charging_positive: bool = False
    """A battery's power in `latest_telemetry` is positive while it charges."""
    enphase_kinds_capital: bool = False
    """The lists of devices are called ACBs, Encharges and Enpowers."""
    enphase_device_details: bool = True
    """Off: devices have no more than id, serial number and name."""
    enphase_active_as_text: bool = False
    """`active` is "true" instead of true."""
    enphase_empty_ids: bool = False
    """EV chargers have the id "" and microinverters the model ""."""
    enphase_nulls: bool = False
    """Times, names of models, places and values that may be null are null."""
    enphase_extra_fields: bool = False
    """Every object of v4 has a field that nobody knows."""
    enphase_octet_stream: bool = False
    """Every answer of v4 says that it is a stream of bytes, not only those about EV chargers."""
    solaredge_sites_as_list: bool = False
    """The list of sites is a bare list also on `/v2`, as until 2025."""
    solaredge_units_scaled: bool = False
    """KW and KWH where no unit is asked for."""
    state_of_energy_fraction: bool = True
    """`stateOfEnergy` 0 … 1 instead of 0 … 100, both called PERCENTAGE."""
    state_of_energy_percentage_100: bool = False
    """`stateOfEnergy` 0 … 100, called PERCENTAGE_100, whatever the switch before says."""
    solaredge_demand_both_headers: bool = False
    """`X-Account-Key` is demanded on `/v2` too."""
    solaredge_open_bucket_partial: bool = False
    """The bucket that is not over yet holds what is known of it instead of null."""
    solaredge_whole_buckets: bool = False
    """A day, month or year that the window only touches holds its whole energy, not just the window's part."""
    solaredge_credits_body_kong: bool = False
    """A 429 has the gateway's stock body instead of problem+json."""
    solaredge_meters_empty: bool = False
    """Telemetry answers `meters: {}` although meters are listed."""
    solaredge_storage_empty: bool = False
    """Telemetry answers `storage: {}` although batteries are listed."""
    solaredge_nights_null: bool = False
    """Dark quarters and hours are null instead of 0 in the site's energy and power and in inverters' values."""
    solaredge_negative_storage: bool = False
    """A few quarters and hours without charge or discharge hold some Wh less than none."""
    solaredge_bulk_telemetry: bool = True
    """Off: `/inverters|meters|storage/telemetry` are unknown (404), with serial numbers too."""
    solaredge_device_metrics: bool = True
    """The endpoints for one metric of one meter or battery; off: unknown (404)."""
    solaredge_device_data: bool = True
    """Off: devices and all that they measure are forbidden (403), as without the scope DEVICE_DATA."""
    solaredge_auto_consent: bool = False
    """Connect's consent page allows at once, without anybody clicking."""
    solaredge_multi_site: bool = False
    """A login that is linked to several sites may choose one of them; off: Connect refuses it."""
    solaredge_state_echoed: bool = False
    """Connect sends `state` back, as documented."""
    solaredge_external_id_dropped: bool = False
    """Connect does not send `external_id` back."""
    solaredge_redirect_uri_rejected: bool = True
    """A code that comes with a `redirect_uri` is not exchanged (400)."""
    solaredge_form_rejected: bool = True
    """The token endpoint reads JSON only."""
    solaredge_old_access_refused: bool = True
    """A refresh ends the access token before, which otherwise works until it expires."""
    solaredge_tokens_count: bool = True
    """Calls of the token endpoint cost a credit of the developer account."""
    solaredge_tokens_limited: bool = False
    """Beyond the plan the token endpoint answers 429 too."""
    solaredge_telemetry_up_to_day: bool = False
    """Telemetry refuses WEEK and longer resolutions (400)."""
    solaredge_overview_month: bool = False
    """The overview refuses windows of more than a month (400)."""
    solaredge_performance: bool = False
    """The overview has `performance` on `/v2` too, and the ratio is a number."""
    solaredge_dc_coupled: bool = False
    """What an inverter with a battery puts out has the discharge in it and not the charge; the site's energy has not.

    It is less than nothing while the battery stores what another inverter yields.
    """


_NOT_THERE = ("500", "422", "404", "empty", "zeros")
CHOICES: dict[str, tuple[str, ...]] = {
    "enphase_429": ("documented", "long", "short"),
    "enphase_not_installed": _NOT_THERE,
    "enphase_no_consumption": _NOT_THERE,
    "enphase_nights": ("missing", "zero", "negative"),
    "enphase_intervals": ("documented", "flat", "nested"),
}
"""What the switches may be that are neither true, false nor a number."""
