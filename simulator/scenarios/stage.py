"""Where a scenario plays: one plant of a simulator, what its cloud does to answers, and what a careful reader knows."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from ..app import Simulator
from ..disturbances import Asked, Change, Refused
from ..plant.plant import Plant
from .truth import FlowName, Integral, Truth

type CloudKind = Literal["enphase_v2", "enphase_v4", "solaredge_key", "solaredge_oauth"]
ENPHASE_V2: tuple[CloudKind, ...] = ("enphase_v2",)
ENPHASE_V4: tuple[CloudKind, ...] = ("enphase_v4",)
ENPHASE: tuple[CloudKind, ...] = ("enphase_v2", "enphase_v4")
SOLAREDGE: tuple[CloudKind, ...] = ("solaredge_key", "solaredge_oauth")
BOTH: tuple[CloudKind, ...] = (*ENPHASE, *SOLAREDGE)

type Part = Literal["power", "today", "lifetime"]
PARTS: tuple[Part, ...] = ("power", "today", "lifetime")


@dataclass(frozen=True, slots=True, kw_only=True)
class Excuse:
    """Values that nobody can know for a while."""

    flows: frozenset[FlowName]
    parts: frozenset[Part]
    since: datetime
    until: datetime | None


@dataclass(slots=True, kw_only=True)
class Stage:
    """The world that a scenario disturbs, and what the judge of it has to know."""

    simulator: Simulator
    plant: Plant
    cloud: CloudKind
    begin: datetime
    """When the account is added."""
    truth: Truth
    excuses: list[Excuse] = field(default_factory=list)
    lost: list[tuple[frozenset[FlowName], datetime, datetime]] = field(default_factory=list)
    """Times whose rows never come: their hours cannot be told, their days can."""
    lost_days: list[tuple[frozenset[FlowName], datetime, datetime]] = field(default_factory=list)
    """Times of which not even the sum is told."""
    events: dict[datetime, Callable[[], Any]] = field(default_factory=dict)
    """What happens when."""
    relative_lifetime: set[FlowName] = field(default_factory=set)
    """Flows whose cloud has corrected its own counter: ours goes on from what it was."""
    any_value: set[FlowName] = field(default_factory=set)
    """Flows of which nobody knows what is true."""
    late: tuple[tuple[FlowName, ...], datetime, datetime] | None = None
    """Flows whose rows of a time come late: until then values may lack them."""
    law: int = 0
    """The law that untrue values break here, where it is not measuring itself."""
    relative_devices: bool = False
    """Whether counters of devices begin again in the cloud: ours go on from what they were."""
    any_device: bool = False
    """Whether what single devices measure is something else than what they yield."""
    device_flows: frozenset[FlowName] = frozenset()
    """The flows whose lost and late rows devices lack, too."""
    late_until_now: timedelta = timedelta(0)
    """Of which time before now counters lack a part: the cloud tells what has come."""
    zeros_until: timedelta = timedelta(0)
    """For how long rows that have not come are told as 0, or in part; nobody can know before it has been learned."""
    behind: timedelta = timedelta(0)
    """How far rows lie behind: what is read of energies is so much older."""
    part_of_power: dict[FlowName, Integral] = field(default_factory=dict)
    """What those devices measure that have reported by the time that a flow's newest power is told."""
    missing: set[FlowName] = field(default_factory=set)
    """Flows that need no entity."""
    overtold: list[tuple[FlowName, float, datetime]] = field(default_factory=list)
    """Energies in Wh that were told too much of a flow for a while, and since when: what was shown of it may stay."""
    silent: list[tuple[datetime, datetime]] = field(default_factory=list)
    """When nothing can be read at all, and values stay as they are."""
    grace: timedelta = timedelta(hours=3)
    """How long after that values may still be old or missing."""
    off: list[tuple[datetime, datetime]] = field(default_factory=list)
    """When Home Assistant is switched off."""
    to_be_told: list[datetime] = field(default_factory=list)
    """By when the owner has to be told of something: by a repair, or by being asked to sign in."""
    shares: list[tuple[str, float]] = field(default_factory=list)
    """Which share of the requests may go to paths like this."""

    def after(self, hours: float) -> datetime:
        """Return the instant that many hours after the beginning."""
        return self.begin + timedelta(hours=hours)

    def known_until(self, now: datetime) -> int:
        """Return the slot up to which the cloud knows the plant: nothing that it tells reaches further."""
        return min(self.plant.readable_until(gateway, now) for gateway in self.plant.gateways.values())

    @property
    def path(self) -> str:
        """The beginning of the paths of the plant, as a pattern."""
        return f"*/s*/{self.plant.id}"

    def rewrite(self, path: str, change: Change) -> None:
        """Change the answers of a path under the plant."""
        self.simulator.disturbances.add(f"{self.path}/{path}" if path else self.path, change)

    def rewrite_all(self, path: str, change: Change) -> None:
        """Change the answers of a path of the whole cloud."""
        self.simulator.disturbances.add(path, change)

    def refuse(
        self,
        path: str,
        status: int,
        body: Mapping[str, Any] | None = None,
        when: Callable[[Asked], bool] = lambda _: True,
    ) -> None:
        """Answer a path under the plant with an error."""

        def change(answer: Any, asked: Asked) -> Any:
            if when(asked):
                raise Refused(status, body)
            return answer

        self.rewrite(path, change)

    def at(self, hours: float, action: Callable[[], Any]) -> None:
        """Let something happen so many hours after the beginning."""
        self.events[self.after(hours)] = action

    def excuse(
        self,
        flows: Iterable[FlowName],
        since: float,
        until: float | None = None,
        parts: Iterable[Part] = PARTS,
    ) -> None:
        """Let values be unknown from so many hours after the beginning on, as nobody can know them."""
        self.excuses.append(
            Excuse(
                flows=frozenset(flows),
                parts=frozenset(parts),
                since=self.after(since),
                until=None if until is None else self.after(until),
            )
        )

    def postpone(self, since: datetime, by: timedelta) -> None:
        """Give everybody more time, as nothing can be read for a while: what would be known by then comes later."""
        self.excuses = [
            one if one.until is None or one.until <= since else replace(one, until=one.until + by)
            for one in self.excuses
        ]
        self.to_be_told = [until if until <= since else until + by for until in self.to_be_told]

    def lose(self, flows: Iterable[FlowName], since: float, until: float, *, days: bool = False) -> None:
        """Let rows between two times never come; with `days`, no total either."""
        span = (frozenset(flows), self.after(since), self.after(until))
        (self.lost_days if days else self.lost).append(span)
        self.lost.append(span) if days else None

    def is_excused(self, flow: FlowName, part: Part, now: datetime) -> bool:
        """Tell whether nobody can know a value now."""
        return any(
            flow in one.flows and part in one.parts and one.since <= now and (one.until is None or now < one.until)
            for one in self.excuses
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A disturbance of a plant's cloud that has really happened."""

    name: str
    source: str
    """Where it was reported, and what happens."""
    clouds: tuple[CloudKind, ...]
    system: Mapping[CloudKind, str | Callable[[], Plant]]
    """The plant that it plays on, where it is not the usual one of the cloud."""
    begin: datetime | None
    hours: float
    more: Mapping[CloudKind, str]
    """Another system of the same account, which is judged too."""
    quick: tuple[CloudKind, ...]
    """The clouds at which it is played by default."""
    disturb: Callable[[Stage], None]


LIBRARY: dict[str, Scenario] = {}
"""All scenarios by name."""


def scenario(
    clouds: tuple[CloudKind, ...],
    *,
    system: str | Callable[[], Plant] | Mapping[CloudKind, str | Callable[[], Plant]] | None = None,
    begin: datetime | None = None,
    hours: float = 54,
    more: Mapping[CloudKind, str] | None = None,
    quick: tuple[CloudKind, ...] = (),
) -> Callable[[Callable[[Stage], None]], Callable[[Stage], None]]:
    """Add a function to the library."""

    def add(function: Callable[[Stage], None]) -> Callable[[Stage], None]:
        if system is None:
            systems: Mapping[CloudKind, str | Callable[[], Plant]] = {}
        elif isinstance(system, Mapping):
            systems = system
        else:
            systems = dict.fromkeys(clouds, system)
        LIBRARY[function.__name__] = Scenario(
            name=function.__name__,
            source=function.__doc__ or "",
            clouds=clouds,
            system=systems,
            begin=begin,
            hours=hours,
            more=more or {},
            quick=quick,
            disturb=function,
        )
        return function

    return add
