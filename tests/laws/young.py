"""Plants that have not lived long: years of statistics would take nearly all of a test's time."""

from datetime import datetime, timedelta

from simulator.plant.plant import Plant
from simulator.plant.slots import slot_after, slot_time

AGE = timedelta(days=12)


def make_young(plant: Plant, begin: datetime) -> None:
    """Let a plant, and all that is in use in it, begin twelve days before an instant."""
    first = slot_time(slot_after(begin - AGE))
    plant.operational_at = first
    plant.inverters = {serial: one for serial, one in plant.inverters.items() if one.retired is None}
    plant.revenue_meters = [one for one in plant.revenue_meters if one.retired is None]
    meters = [plant.consumption_meter] if plant.consumption_meter else []
    for device in (*plant.inverters.values(), *plant.revenue_meters, *meters):
        device.installed = first
    for inverter in plant.inverters.values():
        inverter.late = 0
    # What was computed of it is no longer true.
    plant.revision += 1
