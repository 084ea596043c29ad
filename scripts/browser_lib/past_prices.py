"""The price of the past, which the first steps do not ask for: *Reconfigure* of a system has it."""

import re

from demo_lib.names import DOMAIN

from .accounts import System
from .owner import Owner
from .setting_up import EXPORT_PRICE, IMPORT_PRICE, ON, OVER, button, number_field


def set_past_prices(owner: Owner, url: str, system: System) -> None:
    """Give the past of a system the prices of today."""
    page = owner.page
    page.goto(f"{url}/config/integrations/integration/{DOMAIN}")
    row = page.locator("ha-config-sub-entry-row").filter(has_text=system.name).first
    owner.click(row.get_by_role("button", name=re.compile("Import history or set prices")).first)
    prices = page.get_by_text("Set prices", exact=True)
    prices.wait_for()
    owner.look("reconfigure")
    owner.click(prices)
    owner.type(number_field(page, "Earlier import price"), IMPORT_PRICE)
    owner.type(number_field(page, "Earlier export price"), EXPORT_PRICE)
    owner.look("prices")
    owner.click(button(page, ON))
    page.get_by_text("Your prices are saved").wait_for()
    owner.look("prices_saved")
    owner.click(button(page, OVER))
