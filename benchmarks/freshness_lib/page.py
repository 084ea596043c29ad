"""The figures as a table, as JSON rows, and as the page in docs/ that explains them."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from .house import Ages, House
from .kinds import LISTS
from .world import Cell, Result

type Results = Mapping[Cell, Mapping[str, Result]]
type Houses = Mapping[House, Mapping[str, Ages]]

MOST = 1.10
"""How much older than the bound `ours` may be."""
LEAST_USE = 0.93
"""Of the limit, where the cadence does not limit."""
HOUSE_COLUMNS = (
    *("household", "systems", "place", "month", "readings"),
    *("day: `ours`", "`fixed`", "`peer`", "`bound`", "night: `ours`", "`fixed`", "sent"),
)
COLUMNS = ("fixed15", "fixed60", "even24h", "peer", "ours", "bound")


def rows(results: Results) -> list[dict[str, Any]]:
    """Return one row for each cell and policy."""
    return [
        {
            "plan": cell.cloud.name,
            "systems": cell.systems,
            "latitude": cell.latitude,
            "month": cell.month,
            "policy": policy,
            "mean_age_min": round(result.mean_age / 60, 3),
            "requests": result.requests,
            "limit": cell.cloud.limits.per_month,
        }
        for cell, by_policy in results.items()
        for policy, result in by_policy.items()
    ]


def cadence_limits(cell: Cell, by_policy: Mapping[str, Result]) -> bool:
    """Tell whether the plan has requests for more reports than there are by day."""
    return by_policy["bound"].requests < cell.cloud.limits.month_share // cell.systems * cell.systems


def misses(results: Results) -> list[str]:
    """Return a line for each goal that `ours` misses in a cell."""
    found = []
    for cell, by_policy in results.items():
        ours, bound, limit = by_policy["ours"], by_policy["bound"], cell.cloud.limits.per_month
        where = f"{cell.cloud.name}, {cell.systems} × {_latitude(cell)}, {cell.month}"
        if ours.mean_age > MOST * bound.mean_age:
            found.append(f"{where}: {ours.mean_age / 60:.1f} min, {ours.mean_age / bound.mean_age:.2f} × bound")
        if ours.requests > limit:
            found.append(f"{where}: {ours.requests} requests of {limit}")
        if ours.requests < LEAST_USE * limit and not cadence_limits(cell, by_policy):
            found.append(f"{where}: only {ours.requests} requests of {limit}")
    return found


def table(results: Results) -> str:
    """Return the mean ages in minutes, and in brackets how many times the bound that is."""
    present = [name for name in COLUMNS if all(name in by_policy for by_policy in results.values())]
    parts = []
    for plan, group in groupby(results, key=lambda cell: cell.cloud.name):
        lines = [
            f"### {plan}",
            "",
            "| systems | place | month | " + " | ".join(f"`{name}`" for name in present) + " | requests of `ours` |",
            "| ---: | ---: | --- |" + " ---: |" * (len(present) + 1),
        ]
        for cell in group:
            by_policy = results[cell]
            ages = " | ".join(_age(cell, name, by_policy) for name in present)
            use = f"{by_policy['ours'].requests:,} of {cell.cloud.limits.per_month:,}"
            limited = " c" if cadence_limits(cell, by_policy) else ""
            lines.append(f"| {cell.systems} | {_latitude(cell)} | {cell.month} | {ages} | {use}{limited} |")
        parts.append("\n".join([*lines, ""]))
    return "\n".join(parts)


def summary(results: Results) -> str:
    """Return the range of each policy over all cells, and whether the goal is met."""
    lines = ["| policy | × bound, best and worst cell | over the plan, cells |", "| --- | --- | ---: |"]
    for name in COLUMNS[:-1]:
        known = [(cell, by_policy) for cell, by_policy in results.items() if name in by_policy]
        if not known:
            continue
        ratios = [by_policy[name].mean_age / by_policy["bound"].mean_age for _, by_policy in known]
        over = sum(by_policy[name].requests > cell.cloud.limits.per_month for cell, by_policy in known)
        lines.append(f"| `{name}` | {min(ratios):.2f} – {max(ratios):.2f} | {over} |")
    missed = misses(results)
    lines += ["", f"There are {len(results)} cells. The goal for `ours` is at most {MOST:.2f} × bound, and never over "]
    lines[-1] += f"the plan. It has to use at least {LEAST_USE:.0%} of the plan where the cadence does not limit."
    lines += ["", "Cells that miss it:", "", *(f"- {line}" for line in missed)] if missed else ["No cell misses it."]
    return "\n".join(lines)


def house_rows(results: Houses) -> list[dict[str, Any]]:
    """Return one row for each household and policy."""
    return [
        {
            "household": house.kind,
            "systems": house.cell.systems,
            "latitude": house.cell.latitude,
            "month": house.cell.month,
            "policy": policy,
            "day_age_min": round(ages.day / 60, 3),
            "night_age_min": round(ages.night / 60, 3),
            "readings": ages.readings,
            "requests": ages.requests,
            "limit": house.cell.cloud.limits.per_month,
        }
        for house, by_policy in results.items()
        for policy, ages in by_policy.items()
    ]


def house_misses(results: Houses) -> list[str]:
    """Return a line for each household where `ours` goes over the plan, or is older by day than a fixed interval."""
    found = []
    for house, by_policy in results.items():
        ours, fixed, cell = by_policy["ours"], by_policy["fixed"], house.cell
        where = f"{house.kind}, {cell.systems} × {_latitude(cell)}, {cell.month}"
        if ours.requests > cell.cloud.limits.month_share:
            found.append(f"{where}: {ours.requests} requests of {cell.cloud.limits.month_share}")
        if ours.day > fixed.day:
            found.append(f"{where}: {ours.day / 60:.1f} min by day, a fixed interval {fixed.day / 60:.1f}")
    return found


def house_table(results: Houses) -> str:
    """Return the mean ages of the power in minutes, by day and by night; the peer is missing where it was not run."""
    lines = [
        f"| {' | '.join(HOUSE_COLUMNS)} |",
        "| --- | ---: | ---: | --- |" + " ---: |" * (len(HOUSE_COLUMNS) - 4),
    ]
    for house, by_policy in results.items():
        ours, fixed, cell = by_policy["ours"], by_policy["fixed"], house.cell
        night = f"{ours.night / 60:.0f} | {fixed.night / 60:.0f}" if ours.night else "– | –"
        peer = f"{by_policy['peer'].day / 60:.0f}" if "peer" in by_policy else "–"
        if "peer" in by_policy and by_policy["peer"].requests > cell.cloud.limits.per_month:
            peer += " ‡"
        lines.append(
            f"| {house.kind} | {cell.systems} | {_latitude(cell)} | {cell.month} | {ours.readings:,} "
            f"| {ours.day / 60:.0f} | {fixed.day / 60:.0f} | {peer} | {by_policy['bound'].day / 60:.0f} | {night} "
            f"| {ours.requests:,} of {cell.cloud.limits.per_month:,} |"
        )
    missed = house_misses(results)
    lines += ["", *(f"- missed: {line}" for line in missed)] if missed else []
    return "\n".join(lines)


def page(results: Results, houses: Houses) -> str:
    """Return the whole page."""
    return _PAGE.format(
        table=table(results).rstrip(), summary=summary(results), houses=house_table(houses), lists=LISTS
    )


def _latitude(cell: Cell) -> str:
    return f"{abs(cell.latitude)}°{'N' if cell.latitude >= 0 else 'S'}"


def _age(cell: Cell, name: str, by_policy: Mapping[str, Result]) -> str:
    result, bound = by_policy[name], by_policy["bound"]
    limit = cell.cloud.limits.per_month
    mark = ""
    if result.requests > limit:
        mark = " ‡"
    elif name != "bound" and result.requests >= limit // cell.systems * cell.systems:
        mark = " †"
    if name == "bound":
        return f"{result.mean_age / 60:.1f}"
    return f"{result.mean_age / 60:.1f} ({result.mean_age / bound.mean_age:.2f}){mark}"


_PAGE = """# How fresh is what you see?

Both clouds sell few requests. What counts is how old the power on your dashboard is for a given plan.

`python benchmarks/freshness.py` writes this page. It plays a month in virtual time with the code that also runs in
Home Assistant (`budget/`). It compares this with other ways to spend the same plan.

{summary}

## What is measured

The page shows the mean age of `power` over the daylight of a month, in minutes. Age is now minus the end of the
newest interval that was read. It counts from sunrise at the earliest, because at night the truth is known. The figure
in brackets says how many times the bound that is.

- **Reports.** Enphase v2 reports every 5 minutes, readable 2 minutes after their end. Enphase v4 reports every 15
  minutes, readable after 5. SolarEdge reports every 15 minutes, readable after 90 seconds. A poll is one request.
- **Months.** June, December and March 2026, as UTC months, at longitude 0. At 69°N the sun does not rise in December,
  apart from 37 minutes of refracted light on the first day. So there is no cell.
- **`fixed15`, `fixed60`.** A poll every 15 or 60 minutes, day and night, until the plan is empty (†). A fixed
  interval meets the reports somewhere. So the mean over eight phases is shown.
- **`even24h`.** 95 % of the plan evenly over day and night. This is also the mean over eight phases.
- **`peer`.** The interval that `plan_interval` of aiosolaredge-one 0.4.0 gives, with its defaults. Each system gets
  one share of the plan. The peer is given the true times of the night, which helps it. What it sends beyond the plan
  (‡) brings nothing.
- **`ours`.** The ledger and the pacing of Solar Cloud, with systems that are added at the beginning of the month. It
  learns the phase of the reports by itself. It knows the place, and adds 5 minutes to both ends of the day. It does
  the same at Home Assistant's own place.
- **`bound`.** 95 % of the plan over the daylight. Each request is sent in the instant in which a report becomes
  readable, and never twice for the same report. How many readings a day gets, and which reports they take, is the
  exact optimum with everything known beforehand. No way to spend as much can be fresher. A merely even spread is at
  best as good.
- **c** behind the requests: the cadence limits. The plan has more requests than the daylight has reports. So what is
  not used could buy nothing.

## Where the last per cent go

`ours` spends a little on what the bound does not count:

- **One request after sunset**, so that the energy of the day is complete. It is sent where a day has 20 readings or
  more, and up to eight hours later where nothing could be sent then. With fewer readings, the next morning's reading
  completes the day.
- **The margin around the day.** The sun's hours at a place are not those of a roof. Where only the principal place of
  the time zone is known, the margin is 45 minutes instead of 5. Then the ages are higher by some per cent, on the
  shortest days by a fifth.
- **Turns.** Systems that wait for the same report go one after another. They are 60 seconds divided by 80 % of the
  plan's requests a minute apart, so that no minute is crowded.

A credential usually pays for more than one job. Then each job gets its part of the plan, and the ages grow
accordingly.

## With a meter, a battery or a sign-in

What the grid and the battery do matters in the dark, too. A reading of such a system is several requests that belong
together: at SolarEdge two with a meter, three with a battery. So Solar Cloud reads on at night, at a sixth of the day's
pace. From four readings a day on, one takes the report at sunrise. Another takes the first report after sunset, which
completes the day's production. Enphase's quarter hours do so from two readings a day on.

Here everything is played that one credential pays for. Of SolarEdge's free plan that is:

- these readings
- the inverters beside them, with a quarter to a sixth of the requests
- the overview, with half as many as the inverters, at most hourly
- {lists} requests a day for each system's lists
- where a homeowner signs in, a token for each 110 minutes in which something is read

Of Enphase's plan Watt, with the terms that the jobs have in Home Assistant:

- the newest powers, in one request
- the quarter hours, in three requests with meters and in four with a battery; one less at night
- the inverters, state, alarms, devices, tokens, and the lifetimes once a week

The table shows the mean age of the power in minutes, for all of the day and all of the night. With a meter it is the
grid's. It does not count from sunrise; that of production alone does.

- **`fixed`** reads day and night at one interval, as often in a month as `ours`.
- **`peer`** is as below. It reads everything each time, and its plan pays for nothing else. A power that is read alone
  is beyond it.
- **`bound`** spends the plan on the power alone, by day, each time in the best instant. It has no lists, no quarter
  hours and no night. So nobody reaches it who also knows the energy.
- **Sent** is the month's requests of all jobs.

{houses}

`ours` is older at night than a fixed interval. That is intended: every reading that the night gives away makes the
day fresher.

Enphase's quarter hours share the plan with the powers. A day has about four readings of the one, each of three or four
requests, and about four times as many of the other. The newest powers are read 5 minutes after a quarter hour. Where a
cloud needs longer, they are read later, and are as much older.

## The figures

{table}
"""
