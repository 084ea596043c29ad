"""The jobs of the Enphase v2 client, one a file."""
