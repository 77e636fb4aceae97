// @ts-check
// The review page's keys: each presses a button of the page, or leads to a field. Never while something is being typed.

/**
 * @typedef {object} Keys what review_keys.py sends
 * @property {{ press: Record<string, string>, focus: Record<string, string> }} data
 * @property {HTMLElement | ShadowRoot} parentElement
 */

/** @type {{ root: Element, data: Keys["data"] } | null} the ones that are on the page; one listener serves all runs */
let mounted = null;
let listening = false;

/**
 * @param {Keys} keys given by Streamlit, again with every run of the page
 * @returns {() => void} called when they leave the page
 */
export function mount(keys) {
  const root = /** @type {HTMLElement} */ (keys.parentElement.querySelector(".evalmap-keys"));
  root.dataset.listening = "";
  mounted = { root, data: keys.data };
  const page = document.querySelector("[data-testid='stApp']");
  if (page) document.body.style.setProperty("--evalmap-page", getComputedStyle(page).backgroundColor); // what lies behind the bar of buttons
  if (!listening) document.addEventListener("keydown", (event) => pressed(event), { capture: true });
  listening = true;
  return () => setTimeout(() => { if (mounted && !mounted.root.isConnected) mounted = null; }, 100); // another run's call may have overtaken this one
}

/** @param {KeyboardEvent} event */
export function pressed(event) {
  if (!mounted?.root.isConnected || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const at = /** @type {HTMLElement | null} */ (event.target);
  if (at?.closest("input, textarea, [contenteditable='true'], [role='listbox']")) {
    if (event.key === "Escape" || (event.key === "Enter" && at.tagName === "INPUT")) setTimeout(() => at.blur(), 0); // it takes the key first
    return;
  }
  if (event.repeat || document.querySelector("[role='dialog']")) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const found = target(key, mounted.data);
  if (!found) return;
  event.preventDefault(); // Backspace, and the character that would begin the field that is led to
  event.stopImmediatePropagation(); // Streamlit has keys of its own: c, r
  if (found.kind === "press") found.element.click();
  else found.element.focus();
}

/**
 * What a key leads to; null where it means nothing now.
 *
 * @param {string} key
 * @param {Keys["data"]} data
 * @returns {{ kind: "press" | "focus", element: HTMLElement } | null}
 */
function target(key, data) {
  for (const [kind, names, inside] of /** @type {const} */ ([["press", data.press, "button:not([disabled])"], ["focus", data.focus, "input, textarea"]])) {
    if (!Object.hasOwn(names, key)) continue;
    const found = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(`[class*="st-key-${names[key]}"] :is(${inside})`));
    const element = [...found].find((one) => one.offsetParent); // a button with a hint is there twice, once hidden
    if (element) return { kind, element };
  }
  return null;
}
