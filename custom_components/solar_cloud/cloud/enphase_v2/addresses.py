"""Where Enphase's Enlighten Systems API v2 is: known without a client."""

DEFAULT_BASE_URL = "https://api.enphaseenergy.com/api/v2"
