"""How often an Enphase v4 system has something new (Enphase v4 documentation and field reports)."""

from datetime import timedelta

REPORTS_EVERY = timedelta(minutes=15)
DELAY = timedelta(minutes=10)
"""What is reported is often 25 minutes old; pacing learns how old it is here."""
