"""What a page says, and what in it was meant for programs."""

import re
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    # Tests of this file run without Playwright.
    from playwright.sync_api import Page

# Through the shadow roots, in which nearly all of Home Assistant's page stands, and through slots.
_TEXT = """() => {
  const found = [];
  const walk = (node) => {
    if (node.nodeType === Node.TEXT_NODE) {
      if (node.textContent.trim()) found.push(node.textContent.trim());
    } else if (node.nodeType === Node.ELEMENT_NODE) {
      if (["SCRIPT", "STYLE", "NOSCRIPT", "TEMPLATE"].includes(node.tagName)) return;
      const style = getComputedStyle(node);
      if (style.display === "none" || style.visibility === "hidden") return;
      const assigned = node.tagName === "SLOT" ? node.assignedNodes() : [];
      const inside = assigned.length ? assigned : (node.shadowRoot ?? node).childNodes;
      inside.forEach(walk);
    }
  };
  walk(document.body);
  return found.join("\\n");
}"""

_RAW = (
    # A key that has no text.
    re.compile(r"\b(?:component|ui|config|config_subentries|options|selector)(?:\.[a-z_]+){2,}"),
    re.compile(r"\b(?:config|config_subentries|options)\.(?:step|error|abort)\b\S*"),
    # A field that has no label: its name stands in for it. Addresses and ids of entities may have such words.
    re.compile(r"(?<![\w./:?&=-])[a-z]+(?:_[a-z0-9]+)+(?![\w./=:-])"),
    # A placeholder that nobody has filled in.
    re.compile(r"\{[a-z_]+\}"),
    re.compile(r"Translation error.*", re.IGNORECASE),
)


def visible_text(page: Page) -> str:
    """Return all text that a page shows, also that which one would have to scroll to."""
    return cast("str", page.evaluate(_TEXT))


def what_is_raw(text: str) -> list[str]:
    """Return what of a text no person should read: keys of translations, names of fields, empty placeholders."""
    return sorted({match.group() for pattern in _RAW for match in pattern.finditer(text)})
