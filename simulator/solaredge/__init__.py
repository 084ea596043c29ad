"""SolarEdge's cloud."""
