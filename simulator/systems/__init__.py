"""Plants that are ready to use."""
