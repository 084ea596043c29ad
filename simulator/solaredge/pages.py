"""The pages of SolarEdge Connect that a person sees: consent, and what went wrong."""

from collections.abc import Iterable, Mapping
from html import escape

from ..pages import page, wrong_page
from ..web import Answer
from .grants import Application, Homeowner

SEVERAL_SITES = "This login is linked to several sites. Multi-site access is not yet supported."


def consent(application: Application, homes: Mapping[str, str], chosen: str, scopes: Iterable[str]) -> Answer:
    """Return the page on which a homeowner signs in and allows or denies; the form is posted to the same URL."""
    options = "".join(
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(label)}</option>'
        for value, label in homes.items()
    )
    return page(
        "SolarEdge",
        "Connect your site",
        f"""<p><strong>{escape(application.name)}</strong> would like to read: {escape(", ".join(sorted(scopes)))}.</p>
<form method="post">
<p><label>Sign in as <select name="home" id="home">{options}</select></label></p>
<p><button name="decision" value="allow" id="allow">Allow</button>
<button name="decision" value="deny" id="deny">Deny</button></p>
</form>""",
    )


def homes_of(owners: Iterable[Homeowner], *, each_site: bool) -> Mapping[str, str]:
    """Return what can be chosen on the page, with its label: a homeowner, and with `each_site` one of his sites."""
    homes: dict[str, str] = {}
    for owner in owners:
        sites = sorted(owner.sites)
        if each_site and len(sites) > 1:
            homes |= {f"{site} {owner.name}": f"{owner.name}, site {site}" for site in sites}
        else:
            listed = ", ".join(str(site) for site in sites) or "none"
            homes[owner.name] = f"{owner.name} ({'site' if len(sites) == 1 else 'sites'} {listed})"
    return homes


def wrong(status: int, text: str) -> Answer:
    """Return the page for a request that cannot lead anywhere, so that nobody is sent back."""
    return wrong_page("SolarEdge", status, text)
