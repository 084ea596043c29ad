"""The fixtures of a whole Home Assistant with the simulated clouds."""

from homeassistant.components.recorder.core import Recorder
import pytest

from ..home.conftest import clean_time, cloud, quick_loop, waiting_passes_frozen_time  # noqa: F401


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(recorder_mock: Recorder, enable_custom_integrations: None) -> None:
    """Let Home Assistant have a recorder, before anything else."""
