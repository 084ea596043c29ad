"""The parts of scale.py: simulated clouds, the candidates, what is measured of them, and the page."""
