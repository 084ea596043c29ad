"""The vendors' clouds: clients, and the one model that all of them speak. Nothing here knows Home Assistant."""
