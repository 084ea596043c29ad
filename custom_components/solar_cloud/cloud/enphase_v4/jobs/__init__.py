"""The jobs of an Enphase v4 system, each in a file of its own."""
