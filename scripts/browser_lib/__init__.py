"""The parts of scripts/browser_run.py and scripts/screenshots_run.py; they need nothing but Playwright."""
