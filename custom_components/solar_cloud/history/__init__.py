"""What of a system's life is in Home Assistant's statistics; nothing of Home Assistant in here."""
