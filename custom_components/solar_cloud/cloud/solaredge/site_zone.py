"""The time zone of a site: what its details name, or the offset that the cloud's answers carry.

Home Assistant's zone is nobody's but Home Assistant's. A name that no database knows, or one that is no place and that
the labels of the answers contradict, is worth less than those labels.
"""

from dataclasses import replace
from datetime import datetime, timedelta
import logging

from ...model.elements import System
from ...model.zones import is_offset, is_place, offset_in, offset_name, zone_named
from ..vendor_text import say
from .model import Site

_LOGGER = logging.getLogger(__name__)


class SiteZones:
    """Finds the zones of the sites of one client; says once for each where the details name none."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def corrected(self, system: System, offset: timedelta | None, at: datetime) -> System:
        """Return a system whose zone agrees with the offset of the newest label of its energy, which is of an instant.

        A place is believed as it is.
        """
        name = None if offset is None else offset_name(offset)
        zone = zone_named(system.timezone)
        if is_place(system.timezone) or (name is None and zone is not None):
            return system
        if zone is not None and not is_offset(system.timezone) and at.astimezone(zone).utcoffset() == offset:
            return system
        if system.key not in self._said:
            self._said.add(system.key)
            say(
                _LOGGER,
                logging.WARNING,
                "SolarEdge has no usable time zone for %s. Its days follow %s. Set the right time zone in the site's "
                "details at SolarEdge, so that its days stay right when the clocks change",
                system.name,
                f"the offset of the answers, {name}" if name else "Home Assistant's, until an answer has an offset",
            )
        return replace(system, timezone=name) if name else system


def zone_of_details(site: Site, known: str | None) -> str | None:
    """Return the name of the zone after an answer with a site's details; what is known stays where they name none."""
    if is_place(site.timezone):
        return site.timezone
    if is_offset(known):
        return known
    if zone_named(site.timezone) is not None:
        return site.timezone
    if zone_named(known) is not None:
        return known
    # No label was seen yet. The offset of the last report is the site's, unless it is UTC: any time may be in that.
    offset = site.utc_offset or offset_in(site.timezone or "")
    return None if offset is None else offset_name(offset)
