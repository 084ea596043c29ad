"""The parts of start_up.py: the process that starts one integration, what is measured of it, and the page."""
