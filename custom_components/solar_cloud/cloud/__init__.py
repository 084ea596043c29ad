"""How clouds are read: what all vendors share, and a folder for each API. Nothing here knows Home Assistant."""
