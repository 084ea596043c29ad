"""The parts of scripts/demo: two processes, a configuration folder, and what is said to Home Assistant over HTTP."""
