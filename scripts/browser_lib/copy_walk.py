"""A walk through the dialog that copies a system's history into the statistic of another integration, and back."""

from collections.abc import Callable

from playwright.sync_api import Page

from .dialogs import choose_item, finish, open_integration, system_row
from .owner import Owner
from .page import say
from .setting_up import ON, button
from .wording import pattern, shown

_SYSTEM = "config_subentries.system"
_TARGET, _NAME = "another:roof", "Meter of the roof"
_DAYS = 10
"""So long the other integration has been there."""
_PATIENCE = 60
"""Seconds for the history of the system to come."""


def copy_and_undo(owner: Owner, url: str) -> None:
    """Copy the history of the only system into a statistic that began ten days ago, and take it back."""
    page = owner.page
    ours = _wait(page, lambda: _production(page))
    before = _add_target(page, ours)
    _open(owner, url, "copy")
    # The first one has the measure.
    owner.click(page.locator("ha-selector-select").nth(1).get_by_role("button"))
    owner.click(page.get_by_role("menuitem", name=_NAME))
    owner.look("copy")
    owner.click(button(page, ON))
    page.get_by_text(pattern(f"{_SYSTEM}.step.confirm_copy.title")).first.wait_for()
    owner.look("copy_confirm")
    finish(owner, "copy_confirmed", pattern(f"{_SYSTEM}.abort.copied"))
    if len(_changes(page, _TARGET)) <= len(before):
        owner.complaints.append("the copy has brought no hour")
    _open(owner, url, "undo_copy")
    finish(owner, "copy_undone", pattern(f"{_SYSTEM}.abort.copy_undone"))
    if _changes(page, _TARGET) != before:
        owner.complaints.append("the copy is not taken back")


def _open(owner: Owner, url: str, item: str) -> None:
    open_integration(owner, url)
    menu = shown(f"{_SYSTEM}.initiate_flow.reconfigure")
    owner.click(system_row(owner.page).get_by_role("button", name=menu).first)
    choose_item(owner, f"{_SYSTEM}.step.reconfigure.menu_options.{item}")


def _production(page: Page) -> str:
    """Return the statistic of production that the Energy dashboard has; empty as long as it has none of a month."""
    sources = say(page, {"type": "energy/get_prefs"})["energy_sources"]
    found = [str(one["stat_energy_from"]) for one in sources if one["type"] == "solar"]
    return found[0] if found and len(_changes(page, found[0])) > 30 * 24 else ""


def _changes(page: Page, statistic_id: str) -> dict[int, float]:
    """Return the kWh of each hour of a statistic, by its start in milliseconds since 1970."""
    asked = {"type": "recorder/statistics_during_period", "period": "hour", "types": ["change"]}
    given = {"start_time": "2000-01-01T00:00:00Z", "statistic_ids": [statistic_id], "units": {"energy": "kWh"}}
    rows = say(page, {**asked, **given}).get(statistic_id, [])
    return {row["start"]: round(row["change"], 6) for row in rows}


def _add_target(page: Page, ours: str) -> dict[int, float]:
    """Let another integration have what the system had in the last days; returns its hours."""
    total, stats = 0.0, []
    for start, change in list(_changes(page, ours).items())[-_DAYS * 24 :]:
        total += change
        instant = page.evaluate("(start) => new Date(start).toISOString()", start)
        stats.append({"start": instant, "state": total, "sum": total})
    metadata = {"has_sum": True, "mean_type": 0, "name": _NAME, "source": _TARGET.partition(":")[0]}
    described = {"statistic_id": _TARGET, "unit_class": "energy", "unit_of_measurement": "kWh"}
    say(page, {"type": "recorder/import_statistics", "metadata": {**metadata, **described}, "stats": stats})
    _wait(page, lambda: "there" if len(_changes(page, _TARGET)) == len(stats) else "")
    return _changes(page, _TARGET)


def _wait(page: Page, look: Callable[[], str]) -> str:
    """Return what is seen, once anything is."""
    for _ in range(_PATIENCE):
        if found := look():
            return found
        page.wait_for_timeout(1000)
    raise AssertionError("the statistics do not come")
