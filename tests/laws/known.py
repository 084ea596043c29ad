"""Laws that a scenario is known to break: (scenario, cloud) and the numbers of the laws. A kept law fails the suite."""

KNOWN: dict[tuple[str, str], frozenset[int]] = {}
