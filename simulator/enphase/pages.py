"""The pages of Enphase's sign-in that a person sees: consent, the code to copy, what went wrong."""

from collections.abc import Iterable
from html import escape

from ..accounts import Application, Owner
from ..pages import page, wrong_page
from ..web import Answer


def consent(application: Application, owners: Iterable[Owner], chosen: Owner | None) -> Answer:
    """Return the page on which an owner signs in and allows or denies access; the form is posted to the same URL."""
    options = "".join(
        f'<option value="{escape(owner.name)}"{" selected" if owner is chosen else ""}>{escape(owner.name)}</option>'
        for owner in owners
    )
    return page(
        "Enphase",
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
    return page(
        "Enphase", "Authorization code", f'<p>Copy this code:</p>\n<p><code id="code">{escape(value)}</code></p>'
    )


def refused() -> Answer:
    """Return the same page after the owner has refused."""
    return page("Enphase", "Access denied", '<p id="error">access_denied</p>')


def wrong(status: int, text: str) -> Answer:
    """Return the page for a request that cannot lead anywhere, so that nobody is sent back."""
    return wrong_page("Enphase", status, text)
