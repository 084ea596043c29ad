"""The soak's own logic: its clocks, what goes wrong when, and what it finds."""

from datetime import UTC, date, datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
import subprocess
import sys
import time

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

from soak_lib.clocks import FakeClock, SharedNumber, environment, library
from soak_lib.mischief import FAULTS, OUTAGES, VENDORS, Kind, path_of, plan
from soak_lib.report import Findings, print_report
from soak_lib.truth import requests_against_plans

ROOT = Path(__file__).resolve().parent.parent
START = datetime(2026, 5, 12, 6, tzinfo=UTC)
DEMO = ROOT / ".venv-demo" / "bin" / "python"
needs_faketime = pytest.mark.skipif(library() is None, reason="libfaketime is not installed")


def test_a_number_is_shared_by_all_who_open_its_file(tmp_path: Path) -> None:
    one, other = SharedNumber(tmp_path / "n"), SharedNumber(tmp_path / "n")
    assert other.get() == 0
    one.set(-17_283_241.25)
    assert other.get() == -17_283_241.25
    other.set(3)
    assert one.get() == 3


def test_a_clock_leaps(tmp_path: Path) -> None:
    clock = FakeClock(tmp_path / "clock")
    clock.set(86_400)
    clock.leap(60)
    assert abs(clock.now().timestamp() - time.time() - 86_460) < 5


@needs_faketime
def test_a_process_follows_a_clock_while_it_runs(tmp_path: Path) -> None:
    clock = FakeClock(tmp_path / "clock")
    clock.set(START.timestamp() - time.time())
    program = "import time; print(time.time(), flush=True); input(); print(time.time(), time.monotonic())"
    with subprocess.Popen(
        [sys.executable, "-c", f"import time; print(time.monotonic()); {program}"],
        env=dict(environment(clock)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        monotonic, first = float(process.stdout.readline()), float(process.stdout.readline())
        clock.leap(3_600)
        print(file=process.stdin, flush=True)
        second, later = map(float, process.stdout.readline().split())
    assert abs(first - START.timestamp()) < 60
    assert 3_600 <= second - first < 3_660
    # What timers go by leaps, too.
    assert 3_600 <= later - monotonic < 3_720


def test_the_same_seed_lets_the_same_go_wrong_in_order() -> None:
    events = plan(START, 30, 7, calm=False)
    assert events == plan(START, 30, 7, calm=False) == sorted(events)
    assert events != plan(START, 30, 8, calm=False)
    assert {event.kind for event in events} == set(Kind)
    # The last day is quiet.
    assert events[0].at > START
    assert events[-1].at <= START + timedelta(days=29)


def test_a_calm_run_has_one_restart() -> None:
    (event,) = plan(START, 3, 1, calm=True)
    assert event.kind is Kind.RESTART


def test_no_answer_with_new_tokens_is_lost_on_its_way() -> None:
    # Nobody can help that: the cloud has made the old ones worthless, and the owner is asked to sign in.
    events = plan(START, 30, 1, calm=False)
    lost = [fault for fault in (*FAULTS, *OUTAGES) if "drop" in fault or "truncate" in fault]
    paths = {path_of(event, fault) for event in events for fault in lost}
    assert len(paths) == 2
    assert not any(
        fnmatchcase(token, path) for path in paths for token in ("/enphase/oauth/token", "/solaredge/v2/oauth2/token")
    )
    assert {path_of(event, {"status": 503}) for event in events} == set(VENDORS)


def requests(number: int, minute: str) -> list[dict[str, object]]:
    one = {"path": "/enphase/api/v4/systems", "credential": "abcdefgh", "time": f"{minute}:07.5+00:00"}
    return [one] * number


def test_requests_are_counted_by_credential_month_and_minute() -> None:
    sent = requests(3, "2026-05-31T23:59") + requests(2, "2026-06-01T00:00")
    sent += [{"path": "/nowhere", "credential": None, "time": "2026-06-01T00:00:01+00:00"}]
    (counted,) = requests_against_plans(sent, {"enphase_v4": {"per_month": 1_000, "per_minute": 10}})
    assert counted["months"] == {"2026-05": 3, "2026-06": 2}
    assert (counted["cloud"], counted["credential"], counted["minute"]) == ("enphase_v4", "abcd…", 3)


def test_what_should_not_be_is_found_and_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "home-1.log"
    log.write_text("2026-05-12 09:05:18.000+00:00 ERROR (MainThread) [x] Broken\nTraceback (most recent call last):\n")
    good = Findings(days=1)
    assert good.faults() == []
    found = Findings(days=1, reauths=1, reloads=6, before={"ours": 10}, after={"ours": 610})
    found.read_logs([log])
    found.off["solar_cloud:enphase_67_production"] = {date(2026, 5, 13): -12.0}
    found.requests = requests_against_plans(
        requests(3, "2026-05-31T23:59"), {"enphase_v4": {"per_month": 2, "per_minute": 2}}
    )
    faults = "\n".join(found.faults())
    for said in ("3 requests in 2026-05", "3 requests in a minute", "Traceback", "-12 Wh", "sign-ins", "leaves 100"):
        assert said in faults, said
    print_report(found)
    printed = capsys.readouterr().out
    assert faults.splitlines()[0] in printed
    assert "Broken" in printed
    print_report(good)
    assert "Nothing was found" in capsys.readouterr().out


@pytest.mark.slow("a real Home Assistant lives through a day in a process of its own")
@needs_faketime
@pytest.mark.skipif(not DEMO.exists(), reason="the demo's environment is not installed")
def test_a_calm_day_with_a_real_home_assistant_finds_nothing(tmp_path: Path) -> None:
    command = [str(DEMO), "-P", "scripts/soak_run.py", "--days", "1", "--calm", "--config", str(tmp_path / "soak")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=1_800)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Nothing was found" in done.stdout
