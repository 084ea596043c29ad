"""The pages for owners: their links lead somewhere, and their figures are those that the benchmarks have written."""

from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path
import re
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "info.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} (?P<text>.+)$", re.MULTILINE)
CODE_FILE = re.compile(r"`(?P<name>(?:tests|scripts|benchmarks|simulator|custom_components)/[\w./-]+)`")


def text_of(page: Path) -> str:
    """Return a page without its blocks of code."""
    return FENCE.sub("", page.read_text("utf-8"))


@cache
def anchors(page: Path) -> set[str]:
    """Return what the headings of a page are called in links, as GitHub makes them."""
    plain = (re.sub(r"\[([^\]]*)\]\([^)]*\)|[`*]", r"\1", match["text"]) for match in HEADING.finditer(text_of(page)))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in plain}


def links(page: Path) -> Iterator[str]:
    """Yield the targets of a page's links to other pages and headings."""
    for match in LINK.finditer(text_of(page)):
        if not match["target"].startswith(("http://", "https://")):
            yield unquote(match["target"])


def table(page: Path, after: str) -> list[list[str]]:
    """Return the cells of the first table after a text; the line under its head is left out."""
    _, _, rest = page.read_text("utf-8").partition(after)
    lines = rest[rest.index("\n|") + 1 :].splitlines()
    rows = [re.split(r" *\| *", line.strip().strip("|").strip()) for line in lines[: lines.index("")]]
    return [rows[0], *rows[2:]]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_links_of_a_page_lead_to_files_and_headings_that_are_there(page: Path) -> None:
    for link in links(page):
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        assert not anchor or target.suffix != ".md" or anchor in anchors(target), link


@pytest.mark.parametrize("page", PAGES[3:], ids=lambda page: str(page.relative_to(DOCS)))
def test_an_owner_finds_each_page_from_the_readme(page: Path) -> None:
    start = DOCS / "development" / "README.md" if page.parent.name == "development" else ROOT / "README.md"
    found = {(start.parent / link.partition("#")[0]).resolve() for link in links(start)}
    assert page == start or page in found


@pytest.mark.parametrize("page", PAGES[3:], ids=lambda page: str(page.relative_to(DOCS)))
def test_the_files_that_a_page_names_as_its_proof_are_there(page: Path) -> None:
    for match in CODE_FILE.finditer(text_of(page)):
        assert (ROOT / match["name"]).exists(), match["name"]


def test_the_first_screen_says_the_same_in_the_readme_and_where_hacs_shows_it() -> None:
    begin = (ROOT / "README.md").read_text("utf-8").partition("\n| ")[0].strip()
    assert begin.count("\n- ") >= 5
    assert (ROOT / "info.md").read_text("utf-8").startswith(begin)


def test_a_model_that_is_called_supported_is_one_that_the_tests_read() -> None:
    page = DOCS / "supported-devices.md"
    cells = [row[2] for vendor in ("## Enphase", "## SolarEdge") for row in table(page, vendor)]
    models = {model for cell in cells for model in re.findall(r"`([^`]+)`", cell)}
    read = "".join(
        path.read_text("utf-8")
        for folder in ("simulator", "tests")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".json", ".ambr"} and path != Path(__file__)
    )
    assert len(models) > 10
    assert [model for model in sorted(models) if model not in read] == []


def spread(figures: list[float], digits: int = 0) -> str:
    """Return the smallest and the largest of some figures, as the page writes them."""
    first, last = (f"{one:.{digits}f}" for one in (min(figures), max(figures)))
    return first if first == last else f"{first} to {last}"


def enphase_a_day(request: str, system: int) -> list[float]:
    """Return how often a request is sent a day on Enphase's free plan, in July and in December."""
    rows = {row[0].strip("`"): row[1:] for row in table(DOCS / "requests.md", "## A whole month of the free plan")}
    return [int(cell) / 31 for cell in rows[request][2 * system : 2 * system + 2]]


def solaredge_a_day(job: str, *accounts: str) -> list[float]:
    """Return how often a job runs in a day on SolarEdge's free plan, for each of some accounts."""
    rows = dict(table(DOCS / "requests.md", "The same day by job"))
    jobs = {name: dict(re.findall(r"(\w+) (\d+)", rows[name])) for name in accounts}
    return [float(jobs[name][job]) for name in accounts]


def households(kind: str) -> list[dict[str, str]]:
    """Return the rows of a kind of household with one system, from the table of the figures' ages."""
    head, *rows = table(DOCS / "development" / "freshness.md", "beside them, with a quarter")
    day, night = (next(at for at, name in enumerate(head) if name.startswith(when)) for when in ("day:", "night:"))
    named = [dict(zip(head, row, strict=False)) | {"day": row[day], "night": row[night]} for row in rows]
    return [row for row in named if row["household"] == kind and row["systems"] == "1"]


def a_day(kind: str) -> list[float]:
    """Return how many readings a day a kind of household has in each month."""
    days = {"June": 30, "December": 31, "March": 31}
    return [int(row["readings"]) / days[row["month"]] for row in households(kind)]


def ages(kind: str, when: str) -> list[float]:
    """Return the mean ages of the grid's power in minutes, by day or by night."""
    return [float(row[when]) for row in households(kind) if row[when] != "–"]


def test_the_figures_of_the_free_plan_are_those_of_the_benchmarks() -> None:
    pv, battery = "SolarEdge, Free, 1 site", "SolarEdge, Free, 1 site with meter and battery"
    signed_in, meter, both = f"{pv}, signed in to", "PV + meter", "PV + meter + battery"
    kinds = (None, f"Enphase: {meter}s", f"Enphase: {meter}s + battery", None, meter, both)
    quarters = [spread(enphase_a_day("production_meter", system)) for system in (1, 2)]
    solaredge = [
        spread(solaredge_a_day("energy", pv, signed_in)),
        spread(a_day(meter)),
        spread([*a_day(both), *solaredge_a_day("energy", battery)]),
    ]
    power = [
        spread(enphase_a_day(one, at)) for at, one in enumerate(("summary", "latest_telemetry", "latest_telemetry"))
    ]
    inverters = [spread(enphase_a_day("inverters_summary_by_envoy_or_site", system), 1) for system in range(3)]
    expected = {
        "readings of the power": [*power, *solaredge],
        "readings of the day's energy": [power[0], *quarters, *solaredge],
        "readings of single inverters": [
            *inverters,
            spread(solaredge_a_day("inverters", pv, signed_in)),
            "–",
            spread(solaredge_a_day("inverters", battery)),
        ],
        "readings of alerts": [
            *(spread(enphase_a_day("open_alarms", system)) for system in range(3)),
            *(spread(solaredge_a_day("alerts", pv, signed_in, battery)) for _ in range(3)),
        ],
        "mean age of the grid's power by day, minutes": [
            "no meter" if kind is None else spread(ages(kind, "day")) for kind in kinds
        ],
        "the same at night, minutes": ["no meter" if kind is None else spread(ages(kind, "night")) for kind in kinds],
    }
    found = {row[0]: row[1:] for row in table(DOCS / "free-plan.md", "<!-- table: free plan -->")}
    assert {name: found[name][-len(cells) :] for name, cells in expected.items()} == expected
    summary = solaredge_a_day("summary", "Enphase v2, Watt, 1 system with a meter")
    assert f"is read {spread(summary)} times a day" in (DOCS / "free-plan.md").read_text("utf-8")


def test_the_page_says_of_each_job_what_its_requests_buy() -> None:
    sent = dict(table(DOCS / "requests.md", "The same day by job")[1:])
    bought = dict(table(DOCS / "requests.md", "What these requests bought")[1:])
    assert list(bought) == list(sent)
    for account, jobs in sent.items():
        counted = {name for name, requests in re.findall(r"(\w+) (\d+)", jobs) if int(requests)} - {"tokens"}
        assert {part.partition(":")[0] for part in bought[account].split("; ")} == counted


def test_the_free_plan_has_a_row_for_each_thing_that_is_read() -> None:
    rows = table(DOCS / "free-plan.md", "<!-- table: free plan -->")
    assert len({len(row) for row in rows}) == 1
    assert "–" not in chain.from_iterable(row for row in rows if row[0].startswith(("readings of the", "hours")))
