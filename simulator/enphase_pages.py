"""The pages of Enphase's sign-in that a person sees: consent, the code to copy, what went wrong."""

from collections.abc import Iterable
from html import escape

from .accounts import Application, Owner
from .web import Answer

HTML = "text/html; charset=utf-8"


def consent(application: Application, owners: Iterable[Owner], chosen: Owner | None) -> Answer:
    """Return the page on which an owner signs in and allows or denies access; the form is posted to the same URL."""
    options = "".join(
        f'<option value="{escape(owner.name)}"{" selected" if owner is chosen else ""}>{escape(owner.name)}</option>'
        for owner in owners
    )
    return _page(
        "Authorize access",
        f"""<p><strong>{escape(application.name)}</strong> would like to read your Enphase systems.</p>
<form method="post">
<p><label>Sign in as <select name="owner" id="owner">{options}</select></label></p>
<p><button name="decision" value="allow" id="allow">Allow access</button>
<button name="decision" value="deny" id="deny">Deny</button></p>
</form>""",
    )


def code(value: str) -> Answer:
    """Return the page that shows a code for copying."""
    return _page("Authorization code", f'<p>Copy this code:</p>\n<p><code id="code">{escape(value)}</code></p>')


def refused() -> Answer:
    """Return the same page after the owner has refused."""
    return _page("Access denied", '<p id="error">access_denied</p>')


def wrong(status: int, text: str) -> Answer:
    """Return the page for a request that cannot lead anywhere, so that nobody is sent back."""
    answer = _page("Something is wrong", f'<p id="error">{escape(text)}</p>')
    answer.status = status
    return answer


def _page(title: str, content: str) -> Answer:
    text = f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{title} (simulated Enphase)</title></head>
<body>
<h1>{title}</h1>
{content}
</body>
</html>
"""
    return Answer(body=text.encode(), content_type=HTML)
