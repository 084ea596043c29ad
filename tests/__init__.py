"""The tests; they mirror custom_components/solar_cloud."""
