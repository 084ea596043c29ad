"""The parts of scripts/soak: a clock that leaps, what goes wrong, and what is counted in the end."""
