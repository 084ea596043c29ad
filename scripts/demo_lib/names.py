"""What every part needs, also those that run in an environment without Home Assistant and its libraries."""

DOMAIN = "solar_cloud"
USERNAME = "demo"
PASSWORD = "solar-cloud"  # of a demo that listens on 127.0.0.1 only
# The simulator is told the same: in a demo a person wants to see new values, not to save requests.
PER_MINUTE = 1000
PER_MONTH = 1_000_000
DASHBOARD = "solar-cloud"  # the path of the dashboard that a demo adds
