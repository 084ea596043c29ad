"""What follows a system into Home Assistant: the device registry, and the repair notices."""
