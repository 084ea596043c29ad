"""What a solar system is: readings, intervals, flows, balance, lifetimes. No vendor, no I/O, no Home Assistant."""
