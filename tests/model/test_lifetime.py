"""The lifetime counter: what it believes, what it holds, what it waits for."""

from datetime import UTC, datetime, timedelta

from custom_components.solar_cloud.model.lifetime import LifetimeCounter, most_of

START = datetime(2026, 6, 1, 10, tzinfo=UTC)
MOST_W = 7500.0
MINUTES = timedelta(minutes=1)


def take_all(
    counter: LifetimeCounter, values: list[tuple[int, float]], most_w: float | None = MOST_W
) -> list[float | None]:
    """Feed (minute, raw value) pairs and collect what is published."""
    published = []
    for minute, raw in values:
        now = START + minute * MINUTES
        counter = counter.take(raw, now, now, None if most_w is None else most_of(most_w))
        published.append(counter.published_wh)
    return published


def test_plausible_growth_is_published_at_once() -> None:
    assert take_all(LifetimeCounter(), [(0, 1_000_000), (15, 1_000_900), (30, 1_001_800)]) == [
        1_000_000,
        1_000_900,
        1_001_800,
    ]


def test_a_bogus_zero_is_held_and_growth_goes_on_from_the_true_value() -> None:
    assert take_all(LifetimeCounter(), [(0, 1_000_000), (15, 0), (30, 0), (2000, 0), (2015, 1_000_500)]) == [
        1_000_000,
        1_000_000,
        1_000_000,
        1_000_000,
        1_000_500,
    ]


def test_a_first_zero_is_not_published_so_that_the_true_value_is_no_jump() -> None:
    assert take_all(LifetimeCounter(), [(0, 0), (15, 35_000_000)]) == [None, 35_000_000]


def test_a_new_system_is_published_as_zero_once_zero_has_stood_for_an_hour() -> None:
    assert take_all(LifetimeCounter(), [(0, 0), (30, 0), (61, 0), (75, 12)]) == [None, None, 0, 12]


def test_a_jump_that_the_time_cannot_have_yielded_is_held_and_forgotten_when_it_goes() -> None:
    # Just after midnight the cloud has yesterday in the lifetime already, and still in today's field.
    assert (
        take_all(LifetimeCounter(), [(0, 1_025_000), (10, 1_050_000), (20, 1_050_000), (30, 1_025_000)])
        == [1_025_000] * 4
    )


def test_a_jump_that_stands_for_an_hour_is_not_counted_but_what_follows_is() -> None:
    values = [(0, 1_000_000), (10, 1_050_000), (40, 1_050_000), (71, 1_050_300), (86, 1_050_900)]
    assert take_all(LifetimeCounter(), values) == [1_000_000, 1_000_000, 1_000_000, 1_000_300, 1_000_900]


def test_energy_of_an_outage_is_believed_at_once_when_the_time_allows_it() -> None:
    assert take_all(LifetimeCounter(), [(0, 1_000_000), (2 * 24 * 60, 1_050_000)]) == [1_000_000, 1_050_000]


def test_a_small_correction_downwards_waits_until_it_is_overtaken() -> None:
    values = [(0, 1_000_000), (15, 999_000), (30, 999_900), (45, 1_000_100)]
    assert take_all(LifetimeCounter(), values) == [1_000_000, 1_000_000, 1_000_000, 1_000_100]


def test_a_correction_downwards_that_stands_still_makes_no_second_life() -> None:
    values = [(0, 1_000_000), (15, 900_000), (24 * 60, 900_000), (48 * 60, 900_000), (72 * 60, 900_000)]
    assert take_all(LifetimeCounter(), values) == [1_000_000] * 5


def test_a_counter_that_was_corrected_for_good_grows_again_within_a_day() -> None:
    hour = 60
    values = [(0, 30_000_000), (hour, 25_200_000), (8 * hour, 25_210_000), (22 * hour, 25_214_000)]
    assert take_all(LifetimeCounter(), values) == [30_000_000, 30_000_000, 30_000_000, 30_014_000]
    assert take_all(LifetimeCounter(), [*values, (23 * hour, 25_215_000)])[-1] == 30_015_000


def test_a_fall_that_has_stood_does_not_prove_the_jump_that_follows() -> None:
    hour = 60
    values = [(0, 1_000_000), (hour, 999_500), (30 * hour, 999_500), (31 * hour, 9_999_999), (32 * hour, 1_010_000)]
    assert take_all(LifetimeCounter(), values) == [1_000_000] * 4 + [1_010_000]


def test_what_is_read_once_a_day_goes_on_after_a_day() -> None:
    day = 24 * 60
    values = [(0, 1_000_000), (day, 900_000), (2 * day, 909_000), (3 * day, 910_000)]
    assert take_all(LifetimeCounter(), values) == [1_000_000, 1_000_000, 1_009_000, 1_010_000]


def test_what_was_missing_and_comes_late_is_no_jump() -> None:
    at, hours = START, timedelta(hours=1)
    counter = LifetimeCounter().take(1_000_000, at, at)
    counter = counter.take(1_001_000, at + 6 * hours, at + 6 * hours, most_of(MOST_W), at + hours)
    counter = counter.take(1_030_000, at + 6 * hours, at + 6 * hours, most_of(MOST_W))
    assert (counter.published_wh, counter.complete_until) == (1_030_000, None)
    counter = counter.take(1_059_000, at + 6 * hours, at + 6 * hours, most_of(MOST_W))
    assert counter.waits


def test_a_counter_that_began_again_goes_on_from_the_old_one_after_some_hours() -> None:
    hour = 60
    values = [(0, 1_000_000), (15, 50), (2 * hour, 4_000), (4 * hour, 9_000), (5 * hour, 9_500)]
    assert take_all(LifetimeCounter(), values) == [
        1_000_000,
        1_000_000,
        1_000_000,
        1_000_000 - 50 + 9_000,
        1_000_000 - 50 + 9_500,
    ]


def test_a_bogus_figure_that_grows_and_goes_leaves_no_trace() -> None:
    values = [(0, 1_000_000), (15, 50), (30, 60), (45, 1_000_900), (60, 1_001_000)]
    assert take_all(LifetimeCounter(), values) == [1_000_000, 1_000_000, 1_000_000, 1_000_900, 1_001_000]


def test_a_known_power_bounds_what_is_believed_and_without_one_nothing_is_bounded() -> None:
    assert most_of(4000)(timedelta(hours=1)) == 4000 * 1.25
    assert most_of(4000)(timedelta(hours=-1)) == 4000 * 0.25
    assert take_all(LifetimeCounter(), [(0, 1_000_000), (1, 9_000_000)], most_w=None) == [1_000_000, 9_000_000]


def test_the_counter_never_falls_whatever_comes() -> None:
    values = [(15 * i, raw) for i, raw in enumerate([5e6, 0, 5.0001e6, 1, 2e9, 4e6, 5.0002e6, 0, 5.1e6, 5.1e6, 4.9e6])]
    published = [value for value in take_all(LifetimeCounter(), values) if value is not None]
    assert published == sorted(published)
    assert published[-1] < 5.2e6


def test_a_counter_that_waits_is_still_reported() -> None:
    counter = LifetimeCounter().take(3000, START, START).take(0, START + 600 * MINUTES, START + 600 * MINUTES)
    assert (counter.published_wh, counter.waits) == (3000, True)
    assert (counter.as_of, counter.reported_until) == (START, START + 600 * MINUTES)
