"""The plans that the vendors sell, as data: the requests each allows in a minute and a month, and the source."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

MONTH_SHARE_PERCENT = 95
"""What runs by itself may use of a month; the rest is kept for what the owner asks for."""
MINUTE_SHARE_PERCENT = 80
"""What may be used of a minute: the vendor's clock is not ours, and requests arrive later than they were sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many requests one metered credential may send in a minute and in a month (or billing cycle)."""

    per_minute: int
    per_month: int

    def __post_init__(self) -> None:
        """Refuse limits that allow nothing: raise `ValueError`."""
        if self.per_minute < 1 or self.per_month < 1:
            raise ValueError("limits must be at least one request")

    @property
    def minute_share(self) -> int:
        """Requests that may be sent within any 60 seconds; at least one."""
        return max(1, self.per_minute * MINUTE_SHARE_PERCENT // 100)

    @property
    def month_share(self) -> int:
        """Requests of a month that may be sent without the owner asking for them."""
        return self.per_month * MONTH_SHARE_PERCENT // 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One plan of one cloud."""

    cloud: str
    name: str
    limits: Limits
    cycle_day: int | None
    """The day of the month that the count begins again on (UTC); `None`: the day of the owner's own billing cycle."""
    source: str


def _plan(cloud: str, name: str, per_minute: int, per_month: int, source: str, cycle_day: int | None = 1) -> Plan:
    return Plan(
        cloud=cloud,
        name=name,
        limits=Limits(per_minute=per_minute, per_month=per_month),
        cycle_day=cycle_day,
        source=source,
    )


_V2_RECORDED = "Enphase v2 documentation (minute), a recorded answer 409 (month: UTC calendar month, 10,000)"
_V2_LISTED = "plan list of Enphase v2, second-hand"
_V4_LISTED = "Enphase v4 developer plans, July 2026"
_SOLAREDGE_LISTED = "SolarEdge tiers and rate limits, 2026; the month begins on the day of the account's billing cycle"

ALL_PLANS: tuple[Plan, ...] = (
    _plan("enphase_v2", "watt", 10, 10_000, _V2_RECORDED),
    _plan("enphase_v2", "kilowatt", 50, 25_000, _V2_LISTED),
    _plan("enphase_v2", "megawatt", 100, 300_000, _V2_LISTED),
    _plan("enphase_v2", "gigawatt", 300, 1_500_000, _V2_LISTED),
    _plan("enphase_v4", "watt", 10, 1_000, _V4_LISTED),
    _plan("enphase_v4", "kilowatt", 50, 50_000, _V4_LISTED),
    _plan("enphase_v4", "megawatt", 100, 300_000, _V4_LISTED),
    _plan("enphase_v4", "partner", 300, 1_500_000, _V4_LISTED),
    _plan("solaredge", "free", 10, 2_000, _SOLAREDGE_LISTED, cycle_day=None),
)

PLANS: Mapping[str, Mapping[str, Limits]] = MappingProxyType(
    {
        cloud: MappingProxyType({plan.name: plan.limits for plan in ALL_PLANS if plan.cloud == cloud})
        for cloud in dict.fromkeys(plan.cloud for plan in ALL_PLANS)
    }
)
"""The limits by cloud and by the plan's name, both in lower case."""


def is_enough_for_one(cloud: str, limits: Limits) -> bool:
    """Return whether limits are those of the plan that the dialog proposes, or more: one system lives well on it."""
    return limits.per_month >= next(iter(PLANS[cloud].values())).per_month


def has_larger(cloud: str, limits: Limits) -> bool:
    """Return whether the vendor is known, or said, to sell more: SolarEdge does not publish its larger tiers."""
    plans = PLANS[cloud].values()
    return len(plans) == 1 or limits.per_month < max(plan.per_month for plan in plans)
