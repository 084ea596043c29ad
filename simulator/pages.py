"""The simulated vendors' pages that a person sees."""

from html import escape

from yarl import URL

from .web import Answer

HTML = "text/html; charset=utf-8"


def page(vendor: str, title: str, content: str, status: int = 200) -> Answer:
    """Return a page of a vendor; `content` is HTML."""
    text = f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{title} (simulated {vendor})</title></head>
<body>
<h1>{title}</h1>
{content}
</body>
</html>
"""
    return Answer(status=status, body=text.encode(), content_type=HTML)


def wrong_page(vendor: str, status: int, text: str) -> Answer:
    """Return the page for a request that cannot lead anywhere, so that nobody is sent back."""
    return page(vendor, "Something is wrong", f'<p id="error">{escape(text)}</p>', status)


def redirect(target: URL) -> Answer:
    """Send the browser somewhere else."""
    return Answer(status=302, headers={"Location": str(target)}, body=b"", content_type=HTML)
