"""Where SolarEdge's Monitoring API V2 is: known without a client."""

DEFAULT_BASE_URL = "https://monitoringapi.solaredge.com/v2"
"""The documentation of 2022 has `…/v2/monitoring`, which works as a base address too."""
