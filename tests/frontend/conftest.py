"""The fixtures of a whole Home Assistant with the simulated clouds."""

from ..home.conftest import (  # noqa: F401
    auto_enable_custom_integrations,
    clean_time,
    cloud,
    quick_loop,
    snapshot,
    waiting_passes_frozen_time,
)
