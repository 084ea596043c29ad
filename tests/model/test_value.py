"""A value: whether it is there, waits or is withheld."""

import pytest

from custom_components.solar_cloud.model.elements import Flow
from custom_components.solar_cloud.model.value import NOTHING_YET, Origin, Reason, State, Value


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        (None, State.KNOWN),
        (Reason.NOT_YET, State.WAITING),
        (Reason.INPUT_MISSING, State.WAITING),
        (Reason.CONTRADICTION, State.WITHHELD),
        (Reason.UNKNOWN_STORAGE, State.WITHHELD),
        (Reason.NOT_REPORTED, State.WITHHELD),
    ],
)
def test_what_comes_by_itself_waits_and_what_cannot_be_true_is_withheld(reason: Reason | None, state: State) -> None:
    assert Value(amount=5.0 if reason is None else None, reason=reason).state is state


def test_a_value_without_its_figure_keeps_all_else() -> None:
    value = Value(amount=5.0, origin=Origin.COMPUTED, inputs=frozenset({Flow.PRODUCTION}))
    withheld = value.without(Reason.NOT_REPORTED)
    assert withheld == Value(origin=Origin.COMPUTED, inputs=frozenset({Flow.PRODUCTION}), reason=Reason.NOT_REPORTED)
    assert (withheld.is_computed, NOTHING_YET.is_computed) == (True, False)
