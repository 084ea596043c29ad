"""A system's long-term statistics: booked, compared, corrected, imported, queried."""
