"""The dialogs: accounts, signing in, systems."""
