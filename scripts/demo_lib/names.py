"""Names that every part needs, also those that run in an environment without Home Assistant and its libraries."""

DOMAIN = "solar_cloud"
USERNAME = "demo"
PASSWORD = "solar-cloud"  # of a demo that listens on 127.0.0.1 only
