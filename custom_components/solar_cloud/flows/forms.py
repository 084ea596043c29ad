"""The forms of the flows: their fields, and reading what was typed."""

from collections.abc import Mapping, Sequence
from datetime import date
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from homeassistant.const import CONF_API_KEY, CONF_CODE
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    BooleanSelectorConfig,
    DateSelector,
    EntitySelector,
    EntitySelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
from probatio import Secret
import voluptuous as vol
from yarl import URL

from ..account.clients import DEFAULT_BASE_URL
from ..account.metered import CLOUD_VENDOR
from ..budget.plan import PLANS
from ..cloud.vendor_text import in_markdown, shown
from ..const import (
    CLOUD_ENPHASE_V2,
    CLOUD_ENPHASE_V4,
    CONF_ACCOUNT_KEY,
    CONF_ADD_TO_DASHBOARD,
    CONF_ADVANCED,
    CONF_BASE_URL,
    CONF_CYCLE_DAY,
    CONF_EXPORT_PRICE,
    CONF_EXPORT_PRICE_ENTITY,
    CONF_FORECASTS,
    CONF_FREE_HISTORY,
    CONF_IMPORT_HISTORY,
    CONF_IMPORT_PRICE,
    CONF_IMPORT_PRICE_ENTITY,
    CONF_PAST_EXPORT_PRICE,
    CONF_PAST_IMPORT_PRICE,
    CONF_PER_MINUTE,
    CONF_PER_MONTH,
    CONF_PLAN,
    CONF_SETUP,
    CONF_SINCE,
    CONF_SITE_ID,
    CONF_SYSTEM,
    CONF_SYSTEM_ID,
    CONF_SYSTEMS,
    CONF_TIMEZONE,
    CONF_USER_ID,
    MANUFACTURER,
    PLAN_CUSTOM,
)

if TYPE_CHECKING:
    from ..model.elements import System

SECRET = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off"))
TEXT = TextSelector(TextSelectorConfig(autocomplete="off"))
ADDRESS = TextSelector(TextSelectorConfig(type=TextSelectorType.URL))
REQUESTS = NumberSelector(NumberSelectorConfig(min=1, max=10_000_000, step=1, mode=NumberSelectorMode.BOX))
PRICE = NumberSelector(NumberSelectorConfig(mode=NumberSelectorMode.BOX, step="any"))
PRICE_ENTITY = EntitySelector(EntitySelectorConfig(domain=["sensor", "input_number", "number"]))


LONGEST_SITE_ID = 20
"""Digits; a site's number has seven to nine."""
OWN_NAMES = (".localhost", ".local", ".home.arpa", ".internal")
"""Ends of names that are never known outside of a network (RFC 6761, 6762, 8375; ICANN's ``internal``)."""


class InvalidAddress(ValueError):
    """The base URL cannot be one."""


class InsecureAddress(InvalidAddress):
    """The base URL would send keys and tokens through the internet for everybody to read."""


def checked_address(text: str) -> str:
    """Return a base URL without its trailing slash; raise `InvalidAddress` for anything but a plain http(s) one.

    Raises `InsecureAddress` for http to anything but this machine and its own network.
    """
    text = text.strip()
    try:
        url = URL(text)
        fine = (
            url.scheme in {"http", "https"}
            and _is_host(url.host)
            and url.port is not None
            and url.user is None
            and url.password is None
            and not url.query_string
            and not url.fragment
            and text.isprintable()
            and not set(text) & set(" ?#@\\")
        )
    except ValueError, TypeError:
        fine = False
    if not fine:
        raise InvalidAddress
    if url.scheme == "http" and not _is_near(url.host or ""):
        raise InsecureAddress
    return str(url).rstrip("/")


def shown_host(address: str) -> str:
    """Return the host of a base URL for its owner to look at.

    A name in other letters than ASCII is followed by how the internet spells it: some letters look like others.
    """
    try:
        url = URL(address)
        host, raw = url.host or "", url.raw_host or ""
    except ValueError, TypeError:
        return in_markdown(address)
    return in_markdown(host) if host == raw else f"{in_markdown(host)} ({raw})"


def account_title(cloud: str, systems: Sequence[System]) -> str:
    """Return what a new account is called: its vendor and its first system, and how many more it has."""
    more = f" +{len(systems) - 1}" if len(systems) > 1 else ""
    return shown(f"{MANUFACTURER[CLOUD_VENDOR[cloud]]}: {systems[0].name}{more}")


def is_site_id(text: str) -> bool:
    """Return whether a text can be the number of a SolarEdge site."""
    return text.isascii() and text.isdecimal() and len(text) <= LONGEST_SITE_ID


def _is_host(host: str | None) -> bool:
    """Return whether a host has a name or an address in full: none of its labels is empty."""
    return bool(host) and (":" in (host or "") or all((host or "").split(".")))


def _is_near(host: str) -> bool:
    """Return whether a host is this machine, or in a network of its owner."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        name = host.lower()
        return name == "localhost" or name.endswith(OWN_NAMES)
    return address.is_loopback or address.is_private or address.is_link_local


def credential_fields(cloud: str, *, signed_in: bool = False) -> dict[Any, Any]:
    """Return the form fields that name an account at a cloud; an owner who signs in types no key at SolarEdge."""
    if cloud == CLOUD_ENPHASE_V2:
        return {vol.Required(Secret(CONF_API_KEY)): SECRET, vol.Required(CONF_USER_ID): TEXT}
    if cloud == CLOUD_ENPHASE_V4:
        return {vol.Required(Secret(CONF_API_KEY)): SECRET}
    if signed_in:
        return {}
    return {vol.Required(Secret(CONF_API_KEY)): SECRET, vol.Optional(Secret(CONF_ACCOUNT_KEY)): SECRET}


def account_schema(cloud: str, *, signed_in: bool = False) -> vol.Schema:
    """Return the whole form of an account: credential, plan, and the address behind a fold."""
    plans = [*PLANS[cloud], PLAN_CUSTOM]
    return vol.Schema(
        {
            **credential_fields(cloud, signed_in=signed_in),
            vol.Required(CONF_PLAN, default=plans[0]): SelectSelector(
                SelectSelectorConfig(options=plans, translation_key=f"{cloud}_plan", mode=SelectSelectorMode.DROPDOWN)
            ),
            vol.Required(CONF_ADVANCED): section(
                vol.Schema({vol.Required(CONF_BASE_URL, default=DEFAULT_BASE_URL[cloud]): ADDRESS}),
                {"collapsed": True},
            ),
        }
    )


def applications_schema(names: Mapping[str, str], chosen: str | None) -> vol.Schema:
    """Return the form that chooses one of several applications."""
    options = [SelectOptionDict(value=key, label=name) for key, name in names.items()]
    return vol.Schema(
        {
            vol.Required("implementation", default=chosen if chosen in names else options[0]["value"]): SelectSelector(
                SelectSelectorConfig(options=options, mode=SelectSelectorMode.LIST)
            )
        }
    )


def paste_schema(*, asks_site: bool) -> vol.Schema:
    """Return the form that takes what the owner has copied at the vendor's; a bare code does not say its site."""
    site = {vol.Optional(CONF_SITE_ID): TEXT} if asks_site else {}
    return vol.Schema({vol.Required(Secret(CONF_CODE)): TEXT, **site})


def key_schema(cloud: str) -> vol.Schema:
    """Return the form that lets a signed-in owner enter another API key; only Enphase has one beside the sign-in."""
    return vol.Schema({vol.Optional(Secret(CONF_API_KEY)): SECRET} if cloud == CLOUD_ENPHASE_V4 else {})


LIMITS_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_PER_MINUTE): vol.All(REQUESTS, vol.Coerce(int)),
        vol.Required(CONF_PER_MONTH): vol.All(REQUESTS, vol.Coerce(int)),
    }
)


OPTIONS_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_CYCLE_DAY, default=1): vol.All(
            NumberSelector(NumberSelectorConfig(min=1, max=31, step=1, mode=NumberSelectorMode.BOX)), vol.Coerce(int)
        )
    }
)


def systems_options(systems: Sequence[System]) -> list[SelectOptionDict]:
    """Return the systems as options of a form."""
    return [SelectOptionDict(value=system.id, label=f"{system.name} ({system.id})") for system in systems]


def subentry_data(system: System) -> dict[str, Any]:
    """Return what is stored of a system: the rest comes from its cloud, and the first steps from its owner."""
    data: dict[str, Any] = {CONF_SYSTEM_ID: system.id, CONF_SETUP: {}}
    if system.timezone:
        data[CONF_TIMEZONE] = system.timezone
    return data


def systems_schema(systems: Sequence[System]) -> vol.Schema:
    """Return the form that chooses several systems, all of them by default."""
    return vol.Schema(
        {
            vol.Required(CONF_SYSTEMS, default=[system.id for system in systems]): SelectSelector(
                SelectSelectorConfig(options=systems_options(systems), multiple=True, mode=SelectSelectorMode.LIST)
            )
        }
    )


def system_schema(systems: Sequence[System]) -> vol.Schema:
    """Return the form that chooses one system."""
    return vol.Schema(
        {
            vol.Required(CONF_SYSTEM): SelectSelector(
                SelectSelectorConfig(options=systems_options(systems), mode=SelectSelectorMode.LIST)
            )
        }
    )


def prices_schema(*, with_past: bool = True) -> vol.Schema:
    """Return the form that asks what a kilowatt-hour is bought and sold for, and what it was before that."""
    past_import = {vol.Optional(CONF_PAST_IMPORT_PRICE): PRICE} if with_past else {}
    past_export = {vol.Optional(CONF_PAST_EXPORT_PRICE): PRICE} if with_past else {}
    return vol.Schema(
        {
            vol.Optional(CONF_IMPORT_PRICE): PRICE,
            vol.Optional(CONF_IMPORT_PRICE_ENTITY): PRICE_ENTITY,
            **past_import,
            vol.Optional(CONF_EXPORT_PRICE): PRICE,
            vol.Optional(CONF_EXPORT_PRICE_ENTITY): PRICE_ENTITY,
            **past_export,
        }
    )


def since_schema(begin: date) -> vol.Schema:
    """Return the form that asks since when the past is to be imported."""
    return vol.Schema({vol.Required(CONF_SINCE, default=begin.isoformat()): DateSelector()})


def setup_schema(
    *,
    since: date | None,
    is_free: bool,
    has_grid: bool,
    has_dashboard: bool,
    forecasts: Mapping[str, str],
    forecast: Sequence[str],
) -> vol.Schema:
    """Return the form of a system's first steps, without the fields that have no use here.

    The past is asked for when there is a day that it may be imported `since`; where it is free, the form only says so.
    Prices are asked for where the system may have a meter at the grid, and those of the past where there is one.
    `forecasts` are config entries with their titles, and `forecast` are those that are chosen by default.
    """
    fields: dict[Any, Any] = {}
    if has_dashboard:
        fields[vol.Required(CONF_ADD_TO_DASHBOARD, default=True)] = BooleanSelector()
    if since is not None:
        fields[vol.Required(CONF_IMPORT_HISTORY, default=True)] = BooleanSelector()
        fields[vol.Required(CONF_SINCE, default=since.isoformat())] = DateSelector()
    elif is_free:
        fields[vol.Optional(CONF_FREE_HISTORY, default=True)] = BooleanSelector(BooleanSelectorConfig(read_only=True))
    if has_grid:
        fields |= prices_schema(with_past=since is not None or is_free).schema
    if has_dashboard and forecasts:
        options = [SelectOptionDict(value=key, label=title) for key, title in forecasts.items()]
        fields[vol.Optional(CONF_FORECASTS, default=list(forecast))] = SelectSelector(
            SelectSelectorConfig(options=options, multiple=True, mode=SelectSelectorMode.LIST)
        )
    return vol.Schema(fields)
