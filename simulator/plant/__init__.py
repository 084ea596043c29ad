"""The plants: their hardware, their energy, the sun on them."""
