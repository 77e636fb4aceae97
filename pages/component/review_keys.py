"""Single keys that press the buttons of the review page: the browser's script finds each by the key of its box."""

from collections.abc import Mapping

from streamlit.components.v2 import component

from evalmap.pages.server.routes import assets_url

_BOOT = """
export default async function (component) {
  const { mount } = await import(new URL(component.data.assets + "/review_keys.js", location.origin).href);
  return mount(component);
}
"""
# What holds the buttons in the window, whatever the length of a text; with the component, so that nothing jumps.
_CSS = """
[data-testid="stMainBlockContainer"]:has(.st-key-review) { padding-bottom: 0; }
.st-key-review { max-width: 52rem; margin-inline: auto; width: 100%; min-height: calc(100dvh - 8rem); }
.st-key-review > div:has(.evalmap-keys) { position: absolute; }
div:has(> .st-key-review-bar) {
  position: sticky; bottom: 0; z-index: 5; margin-top: auto;
  background: var(--evalmap-page, Canvas);
  border-top: 1px solid color-mix(in srgb, currentColor 14%, transparent);
}
.st-key-review-bar { padding: 8px 0 10px; }
.st-key-review-text [data-testid="stText"] { font-size: 1.3rem; line-height: 1.5; }
.st-key-review-bar button code { margin-left: 5px; padding: 0 5px; font-size: 0.75rem; opacity: 0.75; }
.st-key-review-bar button { min-height: 2.2rem; }
@media (max-width: 640px) {
  .st-key-review { min-height: calc(100dvh - 8.6rem); }
  .st-key-review-bar { gap: 0.3rem; padding: 5px 0 6px; }
  .st-key-review-bar > div > div { gap: 0.45rem; }
  .st-key-review-bar [data-testid="stElementContainer"]:has([data-testid="stMarkdown"]) { width: 100% !important; }
  .st-key-review-bar [data-testid="stMarkdown"] p { font-size: 0.85rem; }
  .st-key-review-bar button { padding-inline: 11px; }
  .st-key-review-bar button code { display: none; }
  .st-key-review-text [data-testid="stText"] { font-size: 1.1rem; }
}
"""
_keys = component("evalmap_review_keys", html='<div class="evalmap-keys"></div>', css=_CSS, js=_BOOT, isolate_styles=False)


def draw(press: Mapping[str, str], focus: Mapping[str, str]) -> None:
    """Listen to keys while this is on the page.

    Parameters
    ----------
    press : key of the keyboard → what the key of the button begins with that it presses
    focus : key of the keyboard → what the key of the field begins with that it leads to; Enter and Escape lead out of it
    """
    _keys(key="review-keys", data={"assets": assets_url(), "press": dict(press), "focus": dict(focus)})
