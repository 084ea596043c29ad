"""What a vendor says is material: in the log it is one short line, once a day, without what could fool its reader."""

from datetime import timedelta
import logging

from hypothesis import given, strategies as st
import pytest

from custom_components.solar_cloud.cloud.redaction import Secrets
from custom_components.solar_cloud.cloud.vendor_text import LONGEST, MOST_LINES, VendorLog, in_markdown, say, shown

from .conftest import FakeClock

LOGGER = logging.getLogger(__name__)
KEY = "0123456789abcdef"


@given(text=st.text(max_size=3 * LONGEST))
def test_any_text_is_one_short_line_that_can_be_seen_and_stored(text: str) -> None:
    line = shown(text)
    assert line.isprintable()
    assert len(line) <= LONGEST
    assert shown(line) == line
    line.encode()
    if text.isprintable() and len(text) <= LONGEST:
        assert line == text


def test_a_name_is_no_link_picture_or_table_on_a_page() -> None:
    assert in_markdown("[a](http://x) ![b](y) <img src=z> | `c` \\d") == "(a)(http:/x) !(b)(y) ‹img src=z› / 'c' /d"


@pytest.fixture
def log(clock: FakeClock) -> VendorLog:
    return VendorLog(clock, lambda: Secrets([KEY]))


def test_a_line_is_said_once_a_day_without_secrets(
    log: VendorLog, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(48):
        log.say(LOGGER, logging.WARNING, "%s: %s", "Home", ValueError(f"no\n{KEY.upper()}"))
        clock.advance(minutes=30)
    assert caplog.messages == [r"Home: no\n**"]
    log.say(LOGGER, logging.WARNING, "%s: %s", "Home", ValueError(f"no\n{KEY}"))
    log.say(LOGGER, logging.WARNING, "%s: %s", "Home", "yes")
    assert len(caplog.messages) == 3


def test_a_clock_that_is_set_back_silences_nothing(
    log: VendorLog, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    log.say(LOGGER, logging.WARNING, "%s", "no")
    clock.now -= timedelta(days=365)
    log.say(LOGGER, logging.WARNING, "%s", "no")
    assert len(caplog.messages) == 2


def test_a_vendor_with_ever_new_words_is_not_listened_to_for_ever(
    log: VendorLog, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(MOST_LINES + 10):
        log.say(LOGGER, logging.WARNING, "%s", number)
    assert len(caplog.messages) == MOST_LINES
    clock.advance(days=1)
    log.say(LOGGER, logging.WARNING, "%s", "again")
    assert caplog.messages[-1] == "again"


def test_what_is_not_logged_does_not_count_as_said(log: VendorLog, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, LOGGER.name)
    log.say(LOGGER, logging.DEBUG, "%s", "no")
    caplog.set_level(logging.DEBUG, LOGGER.name)
    log.say(LOGGER, logging.DEBUG, "%s", "no")
    assert caplog.messages == ["no"]


def test_without_an_account_a_line_is_said_each_time(caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(2):
        say(LOGGER, logging.WARNING, "%s", "no\x07")
    assert caplog.messages == [r"no\x07"] * 2
