"""What of a page does not fit: text that is cut off, and what has to be scrolled to from the side."""

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    # Tests of this file run without Playwright.
    from playwright.sync_api import Page

# Elements that one can see, through all shadow roots.
_ELEMENTS = """
  const seen = [];
  const collect = (root) => {
    for (const one of root.children ?? []) {
      const style = getComputedStyle(one);
      if (style.display === "none" || style.visibility === "hidden") continue;
      seen.push([one, style]);
      collect(one);
      if (one.shadowRoot) collect(one.shadowRoot);
    }
  };
  collect(document.body);
"""
# Dots at the end of a long name are Home Assistant's own design; a text that simply stops is nobody's.
_CUT = (
    "() => {"
    + _ELEMENTS
    + """
  const isText = (node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim();
  const hasText = (one) => [...one.childNodes].some(isText);
  return seen
    .filter(([one, style]) => ["hidden", "clip"].includes(style.overflowX) && style.textOverflow !== "ellipsis")
    .filter(([one]) => hasText(one) && one.clientWidth > 1 && one.scrollWidth > one.clientWidth + 1)
    .map(([one]) => one.textContent.trim().replace(/\\s+/g, " ").slice(0, 60));
}"""
)
# Lists that scroll to the side by design: tabs, chips, tables, and blocks of code.
_TOO_WIDE = (
    "() => {"
    + _ELEMENTS
    + """
  const meant = "ha-tab-group, ha-data-table, ha-chip-set, ha-code-editor, pre, code, table";
  const isMeant = (one) => {
    for (let at = one; at; at = at.parentElement ?? at.getRootNode().host) if (at.matches(meant)) return true;
    return false;
  };
  const page = document.scrollingElement;
  const wide = page.scrollWidth > page.clientWidth + 1 ? ["the whole page"] : [];
  return wide.concat(seen
    .filter(([one, style]) => ["auto", "scroll"].includes(style.overflowX) && one.clientWidth > innerWidth / 2)
    .filter(([one]) => one.scrollWidth > one.clientWidth + 1 && !isMeant(one))
    .map(([one]) => `${one.localName}${one.className ? "." + one.className : ""}`));
}"""
)


def cut_texts(page: Page) -> list[str]:
    """Return the beginnings of the texts that stop before their end, without dots that say so."""
    return sorted(set(cast("list[str]", page.evaluate(_CUT))))


def too_wide(page: Page) -> list[str]:
    """Return the parts of the page that are wider than the window, so that one scrolls to the side."""
    return sorted(set(cast("list[str]", page.evaluate(_TOO_WIDE))))
