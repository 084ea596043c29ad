"""Names that more than one file needs."""

from datetime import timedelta
from typing import Final

from .model.names import Vendor

DOMAIN: Final = "solar_cloud"

CLOUD_ENPHASE_V2: Final = "enphase_v2"
CLOUD_ENPHASE_V4: Final = "enphase_v4"
CLOUD_SOLAREDGE: Final = "solaredge"

CONF_ACCOUNT_KEY: Final = "account_key"
CONF_ADD_TO_DASHBOARD: Final = "add_to_dashboard"
CONF_ADVANCED: Final = "advanced"
CONF_AUTH_IMPLEMENTATION: Final = "auth_implementation"
CONF_BASE_URL: Final = "base_url"
CONF_CLOUD: Final = "cloud"
CONF_CONSENTED_AT: Final = "consented_at"
CONF_CYCLE_DAY: Final = "cycle_day"
CONF_FORECASTS: Final = "forecasts"
CONF_FREE_HISTORY: Final = "free_history"
CONF_IMPORT_HISTORY: Final = "import_history"
CONF_OWNER: Final = "owner"
CONF_PER_MINUTE: Final = "per_minute"
CONF_PER_MONTH: Final = "per_month"
CONF_PLAN: Final = "plan"
CONF_SITE_ID: Final = "site_id"
CONF_SETUP: Final = "setup"
CONF_SINCE: Final = "since"
CONF_IMPORT_PRICE: Final = "import_price"
CONF_IMPORT_PRICE_ENTITY: Final = "import_price_entity"
CONF_EXPORT_PRICE: Final = "export_price"
CONF_EXPORT_PRICE_ENTITY: Final = "export_price_entity"
CONF_PAST_IMPORT_PRICE: Final = "past_import_price"
CONF_PAST_EXPORT_PRICE: Final = "past_export_price"
CONF_TARIFFS: Final = "tariffs"
CONF_SYSTEM: Final = "system"
CONF_SYSTEM_ID: Final = "system_id"
CONF_SYSTEMS: Final = "systems"
CONF_TIMEZONE: Final = "timezone"
CONF_USER_ID: Final = "user_id"

PLAN_CUSTOM: Final = "custom"

SUBENTRY_TYPE_SYSTEM: Final = "system"

ATTRIBUTION: Final = {
    Vendor.ENPHASE: "Powered by Enphase Energy",
    Vendor.SOLAREDGE: "Data provided by SolarEdge",
}
MANUFACTURER: Final = {Vendor.ENPHASE: "Enphase", Vendor.SOLAREDGE: "SolarEdge"}
# Enphase's terms ask for a link to exactly this address wherever its data are shown.
VENDOR_URL: Final = {
    Vendor.ENPHASE: "http://enphase.com",
    Vendor.SOLAREDGE: "https://monitoring.solaredge.com",
}

STALE_AFTER: Final = timedelta(hours=3)
"""A value is unavailable when its cloud could not be read for so long."""
NOT_ALLOWED_REST: Final = timedelta(days=7)
"""How long a job rests that the account or the plan has not got."""
