"""What is mutated, and which tests are to notice: those of the same room, without a Home Assistant."""

from collections.abc import Collection
from dataclasses import dataclass, replace

ROOT = "custom_components/solar_cloud"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A few files of one room that are mutated together."""

    name: str
    files: tuple[str, ...]
    """Paths below the integration."""
    tests: tuple[str, ...]
    """Paths below `tests/`."""

    def only(self, files: Collection[str]) -> Target:
        """Return the target with those of its files that are named; with all of them where none is named."""
        return replace(self, files=tuple(file for file in self.files if not files or file in files))


def path_of(file: str) -> str:
    """Return where a file of the integration is, below the root of the project."""
    return f"{ROOT}/{file}"


TARGETS = (
    Target(
        name="ledger",
        files=("budget/ledger.py", "budget/owners_share.py", "budget/state.py", "budget/cycle.py"),
        tests=(
            "budget/test_ledger.py",
            "budget/test_ledger_edges.py",
            "budget/test_owners_share.py",
            "budget/test_state.py",
            "budget/test_cycle.py",
        ),
    ),
    Target(
        name="lifetime",
        files=("model/lifetime.py",),
        tests=("model/test_lifetime.py", "model/test_counters.py"),
    ),
    Target(
        name="counters",
        files=("model/counters.py",),
        tests=(
            "model/test_counters.py",
            "model/test_counters_edges.py",
            "model/test_counters_production.py",
            "model/test_production.py",
            "model/test_published.py",
        ),
    ),
    Target(
        name="hours",
        files=("history/hours.py",),
        tests=(
            "history/test_hours.py",
            "history/test_reconciled.py",
            "history/test_spread.py",
            "history/test_total_of_hours.py",
            "history/test_takeover_rules.py",
        ),
    ),
    Target(
        name="balance",
        files=("model/balance.py",),
        tests=("model/test_balance.py", "model/test_counters.py", "history/test_complete_hours.py"),
    ),
    Target(
        name="grant",
        files=("cloud/grant.py",),
        tests=("cloud/test_grant.py", "cloud/test_grant_odd.py", "cloud/test_grant_secrets.py"),
    ),
    Target(name="limits", files=("model/limits.py",), tests=("model/test_limits.py", "model/test_limits_edges.py")),
    Target(
        name="series",
        files=("model/series.py",),
        tests=("model/test_series.py", "model/test_lifetime_base.py", "model/test_other_source.py"),
    ),
    Target(name="sources", files=("model/sources.py",), tests=("model/test_sources.py",)),
    Target(
        name="nights", files=("history/nights.py",), tests=("history/test_nights.py", "history/test_nights_edges.py")
    ),
    Target(
        name="production",
        files=("model/production.py", "model/darkness.py", "model/clocks.py"),
        tests=(
            "model/test_production.py",
            "model/test_production_edges.py",
            "model/test_darkness.py",
            "model/test_clocks.py",
        ),
    ),
    Target(
        name="merging",
        files=("model/merging.py",),
        tests=(
            "model/test_merging.py",
            "model/test_merging_system.py",
            "model/test_data.py",
            "model/test_momentary.py",
            "model/test_levels.py",
            "model/test_day_start.py",
            "model/test_counters_edges.py",
            "model/test_lifetime_base.py",
            "model/test_published.py",
        ),
    ),
    Target(
        name="day_start",
        files=("model/day_start.py",),
        tests=("model/test_day_start.py",),
    ),
    Target(
        name="published",
        files=("model/published.py",),
        tests=(
            "model/test_published.py",
            "model/test_published_powers.py",
            "model/test_published_days.py",
            "model/test_momentary.py",
            "model/test_counters.py",
            "model/test_counters_edges.py",
            "model/test_production.py",
        ),
    ),
    Target(
        name="shares",
        files=("model/shares.py", "model/value.py"),
        tests=("model/test_shares.py", "model/test_value.py", "model/test_published.py"),
    ),
    Target(name="freshness", files=("system/freshness.py",), tests=("system/test_freshness_rules.py",)),
    Target(name="tariff", files=("history/tariff.py",), tests=("history/test_tariff.py",)),
)
