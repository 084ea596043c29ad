"""Answers of every endpoint, changed as no document foresees: nothing is uncaught, unstorable or absurd."""

import asyncio
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from hypothesis import HealthCheck, given, seed, settings, strategies as st
import pytest

from custom_components.solar_cloud.cloud.errors import CloudError
from custom_components.solar_cloud.model.merging import merge

from .absurd import absurdities, odd_members
from .corpus import CLOUDS, UTC_ZONE, Exchange, Reading, exchanged, make_client, record
from .mutate import CHANGES, Change, Path, changed, places

PARTS = 8
FEW, MANY = 250, 12_500
"""Examples of one run. Each is one answer at least, so that eight of the long ones are 100,000 answers."""


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    with asyncio.Runner() as runner:
        yield runner.get_loop()


class Subject:
    """One cloud's readings, and what becomes of them when they are changed."""

    def __init__(self, cloud: str, loop: asyncio.AbstractEventLoop) -> None:
        self.cloud, self.loop = cloud, loop
        self.readings: Sequence[Reading] = loop.run_until_complete(record(cloud))
        self.places = cache(self._places)

    def _places(self, reading: int, answer: int) -> list[Path]:
        return places(self.readings[reading].answers[answer])

    def try_out(self, exchange: Exchange, number: int, target: int, changes: Sequence[Change]) -> list[str]:
        """Run a job with one answer changed; return what is wrong then.

        Every eighth time it runs once more with the true answers: an odd one must not poison what follows.
        """
        reading = self.readings[number]
        answers: list[Any] = list(reading.answers)
        target %= len(answers)
        for change in changes:
            answers[target] = changed(answers[target], self.places(number, target), change)
        client, data = make_client(self.cloud, reading.now), reading.data
        for given_answers in (answers, reading.answers) if exchange.served % 8 == 0 else (answers,):
            exchange.load(given_answers)
            try:
                if reading.asks is not None:
                    answer = self.loop.run_until_complete(reading.asks(client, data, reading.now))
                    return odd_members(answer, reading.now)
                update = self.loop.run_until_complete(client.job(reading.job).run(data, reading.now))
            except CloudError:
                continue
            data = merge(data, update, reading.now, UTC_ZONE, source=reading.job)
            if wrong := absurdities(data, reading.data, reading.now, UTC_ZONE):
                return [reading.job, *wrong]
        return []


_subjects: dict[str, Subject] = {}


def subject(cloud: str, loop: asyncio.AbstractEventLoop) -> Subject:
    if cloud not in _subjects:
        _subjects[cloud] = Subject(cloud, loop)
    return _subjects[cloud]


def fuzz(subject: Subject, part: int, examples: int) -> int:
    """Try out changed answers; return how many there were."""
    with exchanged() as exchange:

        @seed(part)
        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            derandomize=False,
        )
        @given(number=st.integers(0, len(subject.readings) - 1), target=st.integers(0, 50), changes=CHANGES)
        def run(number: int, target: int, changes: list[Change]) -> None:
            assert not subject.try_out(exchange, number, target, changes)

        run()
        return exchange.served


@pytest.mark.usefixtures("socket_enabled")
@pytest.mark.parametrize("cloud", CLOUDS)
def test_no_answer_is_uncaught_unstorable_or_absurd(cloud: str, loop: asyncio.AbstractEventLoop) -> None:
    assert fuzz(subject(cloud, loop), 0, FEW) >= FEW


@pytest.mark.slow("a hundred thousand answers")
@pytest.mark.usefixtures("socket_enabled")
@pytest.mark.parametrize("part", range(1, PARTS + 1))
@pytest.mark.parametrize("cloud", CLOUDS)
def test_none_of_a_hundred_thousand_answers_is_uncaught_unstorable_or_absurd(
    cloud: str, part: int, loop: asyncio.AbstractEventLoop
) -> None:
    assert fuzz(subject(cloud, loop), part, MANY) >= MANY
