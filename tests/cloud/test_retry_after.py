"""The header Retry-After."""

from datetime import datetime, timedelta

import pytest

from custom_components.solar_cloud.cloud.retry_after import retry_after

from .conftest import NOW


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("30", NOW + timedelta(seconds=30)),
        (" 0 ", NOW),
        ("99999999999", NOW + timedelta(days=31)),
        ("Sat, 21 Nov 2026 12:01:00 GMT", NOW + timedelta(minutes=1)),
        ("Sat, 21 Nov 2026 13:01:00 +0100", NOW + timedelta(minutes=1)),
        ("Sat, 21 Nov 2026 12:01:00", NOW + timedelta(minutes=1)),
        ("Sat, 21 Nov 2099 12:01:00 GMT", NOW + timedelta(days=31)),
        ("Sat, 21 Nov 2026 11:59:00 GMT", None),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("²", None),
    ],
)
def test_retry_after(value: str, expected: datetime | None) -> None:
    assert retry_after({"retry-AFTER": value}, NOW) == expected


def test_no_retry_after_is_none() -> None:
    assert retry_after({}, NOW) is None
