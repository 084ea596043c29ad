"""What runs in the browser: the dashboard that builds itself, and how Home Assistant's page gets to know it."""
