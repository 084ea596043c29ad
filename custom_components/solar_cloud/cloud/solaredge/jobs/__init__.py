"""The jobs of SolarEdge's cloud: one file each, with its terms, its requests and what the answer means."""
