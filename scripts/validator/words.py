"""A readable way to write many names."""


def words(text: str) -> set[str]:
    """Return the words of a text."""
    return set(text.split())
