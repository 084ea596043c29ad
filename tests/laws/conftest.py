"""The fixtures of a whole Home Assistant with the simulated clouds, and a recorder that keeps statistics only."""

from typing import Any

from homeassistant.components.recorder.core import Recorder
import pytest

from ..home.conftest import clean_time, cloud, quick_loop, waiting_passes_frozen_time  # noqa: F401


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(recorder_mock: Recorder, enable_custom_integrations: None) -> None:
    """Let Home Assistant have a recorder, before anything else."""


@pytest.fixture
def recorder_config() -> dict[str, Any]:
    """Let the recorder keep statistics only: each state that it keeps is a commit, which is most of such a test."""
    return {"exclude": {"entity_globs": ["*"]}}
