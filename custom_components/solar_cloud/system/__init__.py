"""One system in Home Assistant: when its jobs run, where it is, what it is kept in."""
