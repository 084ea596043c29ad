"""SolarEdge's Monitoring API V2."""
