"""A request of Enphase v4 on its way to what answers it, and the endpoints there are (Enphase v4 specification)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
import re
from typing import Any, Literal

from ..plant.plant import Plant
from ..switches import Switches
from ..web import Call, Refusal
from .format import EARLIEST_YEAR, LATEST_YEAR, parse_date
from .v4_errors import forbidden, no_system, unprocessable

type Control = Literal["system", "production", "consumption", "ev", "device", "streaming", "configuration", "control"]
"""An access control of an application: what the developer portal has boxes for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A request, and what its sender may see."""

    call: Call
    switches: Switches
    plants: Mapping[str, Plant]
    owned: set[int]
    """The systems of the owner who has consented."""

    @property
    def now(self) -> datetime:
        """The simulated time of its arrival."""
        return self.call.now

    @property
    def own_plants(self) -> list[Plant]:
        """The owner's systems, by number."""
        found = [plant for plant in self.plants.values() if plant.cloud == "enphase" and plant.id in self.owned]
        return sorted(found, key=lambda plant: plant.id)

    def number(self, name: str) -> int | None:
        """Return a whole number of the query. Raise Refusal (422)."""
        text = self.call.query.get(name)
        if text is None:
            return None
        if not re.fullmatch(r"\d{1,11}", text):
            raise unprocessable(f"Failed to parse {name} {text}")
        return int(text)

    def number_or(self, name: str, default: int) -> int:
        """Return the same where there is always one."""
        found = self.number(name)
        return default if found is None else found

    def day(self, name: str) -> date | None:
        """Return a date of the query. Raise Refusal (422)."""
        text = self.call.query.get(name)
        if text is None:
            return None
        try:
            day = parse_date(text)
        except ValueError:
            raise unprocessable(f"Failed to parse date {text}") from None
        if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
            raise unprocessable(f"Failed to parse date {text}")
        return day

    def system(self, found: re.Match[str], no_system: Callable[[int], Refusal]) -> SystemAsk:
        """Return the same request as one for the system that its path names. Raise Refusal (403, 404)."""
        system_id = int(found["system"])
        plant = self.plants.get(f"enphase_{system_id}")
        if plant is None:
            raise no_system(system_id)
        if plant.id not in self.owned:
            raise forbidden()
        return SystemAsk(
            call=self.call,
            switches=self.switches,
            plants=self.plants,
            owned=self.owned,
            plant=plant,
            serial=found.groupdict().get("serial", ""),
        )

    def page(self, default: int, most: int) -> tuple[int, int]:
        """Return which page is asked for, from 1 on, and how long it is. Raise Refusal (422)."""
        page, size = self.number_or("page", 1), self.number_or("size", default)
        if not page or not size:
            raise unprocessable("page and size must be greater than 0")
        return page, min(size, most)


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemAsk(Ask):
    """A request for one system, which the sender may see."""

    plant: Plant
    serial: str = ""
    """The device that the path names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A path of the API."""

    path: re.Pattern[str]
    control: Control
    long_429: bool
    """Whether the documented refusal of too many requests names the period."""
    method: str
    answer: Callable[[Ask, re.Match[str]], Any]
    """What it tells somebody who asks for a path like this. Raises Refusal."""
    content_type: str = "application/json"
    lists_devices: bool = False
    """Whether the answer is a list of devices by their kinds."""


def general(path: str, control: Control, answer: Callable[[Ask], Any], *, long: bool, method: str = "GET") -> Endpoint:
    """Return an endpoint that is not one of a system."""
    return Endpoint(
        path=re.compile(path), control=control, long_429=long, method=method, answer=lambda ask, _: answer(ask)
    )


def of_system(
    name: str,
    control: Control,
    answer: Callable[[SystemAsk], Any],
    *,
    long: bool,
    no_system: Callable[[int], Refusal] = no_system,
    content_type: str = "application/json",
    lists_devices: bool = False,
) -> Endpoint:
    """Return an endpoint of a system by its path below the system's, in which ``{sn}`` is a serial number.

    `no_system` is what refuses a number that no system has.
    """
    pattern = rf"systems/(?P<system>\d{{1,12}})/{name}".rstrip("/").replace("{sn}", "(?P<serial>[^/]+)")
    return Endpoint(
        path=re.compile(pattern),
        control=control,
        long_429=long,
        method="GET",
        answer=lambda ask, found: answer(ask.system(found, no_system)),
        content_type=content_type,
        lists_devices=lists_devices,
    )
