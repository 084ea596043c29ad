"""Empty but for this line: with it, the tests find the integration."""
