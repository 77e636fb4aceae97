// @ts-check
// The tour of the first start: a card beside the thing that it speaks of, which leaves the page below usable.

import { element } from "./map_elements.js";
import { styles } from "./map_store.js";
import { place } from "./tour_place.js";
import { STEPS } from "./tour_steps.js";

/**
 * @typedef {object} Tour what tour_view.py sends, and Streamlit's function to answer it
 * @property {{ assets: string, cookie: string, path: string, row: number | null }} data
 * @property {(name: "over", value: boolean) => void} setTriggerValue
 * @property {HTMLElement | ShadowRoot} parentElement
 */

const FOLLOW_EVERY = 250; // ms: the page below is still being drawn, and moves
const YEAR = 31_536_000; // seconds

/** @type {Map<HTMLElement, TourView>} */
const mounted = new Map();
let reached = 0; // the step; it goes on where the reader goes to another page

/**
 * @param {Tour} tour given by Streamlit, again with every run of the page
 * @returns {() => void} called when the tour leaves the page
 */
export function mount(tour) {
  const root = /** @type {HTMLElement} */ (tour.parentElement.querySelector(".evalmap-tour"));
  sweep();
  const view = mounted.get(root) ?? new TourView(root, tour);
  mounted.set(root, view);
  view.tour = tour;
  return () => setTimeout(sweep, 100); // another run's call may have overtaken this one
}

function sweep() {
  for (const [root, view] of mounted) {
    if (root.isConnected) continue;
    view.leave();
    mounted.delete(root);
  }
}

class TourView {
  /**
   * @param {HTMLElement} root
   * @param {Tour} tour
   */
  constructor(root, tour) {
    this.root = root;
    this.tour = tour;
    this.before = document.activeElement;
    this.stop = new AbortController();
    this.box = element("div", "em-tour");
    this.box.popover = "manual"; // above everything, whatever lies over what on the page
    this.ring = element("div", "em-tour-ring");
    this.ring.dataset.testid = "tour-ring";
    this.card = element("div", "em-tour-card");
    this.card.dataset.testid = "tour";
    this.title = element("div", "em-tour-title");
    this.text = element("div", "em-tour-text");
    this.count = element("span", "em-tour-count");
    this.skip = this.button("em-tour-skip", "Skip", () => this.end());
    this.back = this.button("em-tour-back", "Back", () => this.go(reached - 1));
    this.next = this.button("em-tour-next", "Next", () => (reached + 1 < STEPS.length ? this.go(reached + 1) : this.end()));
    styles(`${tour.data.assets}/tour.css`).catch(() => {}).then(() => { if (!this.stop.signal.aborted) this.show(); });
  }

  show() {
    const words = element("div", ""), bar = element("div", "em-tour-bar");
    this.title.id = "em-tour-title";
    this.text.id = "em-tour-text";
    for (const [name, value] of [["role", "dialog"], ["aria-modal", "false"], ["aria-labelledby", this.title.id], ["aria-describedby", this.text.id]]) {
      this.card.setAttribute(name, value);
    }
    words.setAttribute("aria-live", "polite");
    words.append(this.title, this.text);
    bar.append(this.count, this.skip, this.back, this.next);
    this.card.append(words, bar);
    this.box.append(this.ring, this.card);
    this.root.append(this.box);
    this.box.showPopover?.();
    this.remember();
    this.listen(this.stop.signal);
    this.go(reached);
  }

  /** @param {AbortSignal} signal */
  listen(signal) {
    const follow = () => this.follow();
    window.addEventListener("resize", follow, { signal });
    document.addEventListener("scroll", follow, { signal, capture: true, passive: true });
    const timer = setInterval(follow, FOLLOW_EVERY);
    signal.addEventListener("abort", () => clearInterval(timer));
    this.card.addEventListener("keydown", (event) => {
      if (event.key === "ArrowRight" && reached + 1 < STEPS.length) this.go(reached + 1);
      else if (event.key === "ArrowLeft" && reached > 0) this.go(reached - 1);
      else if (event.key !== "ArrowRight" && event.key !== "ArrowLeft") return;
      event.stopPropagation(); // the pages have keys of their own
      event.preventDefault();
    }, { signal });
    // Whoever presses Escape in a field or a dialog means that one.
    window.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      const other = event.target instanceof Element && event.target.closest("input, textarea, [role=dialog], [role=listbox]");
      if (!other || other === this.card) this.end();
    }, { signal });
  }

  /** @param {number} step */
  go(step) {
    reached = step;
    const { title, text } = STEPS[step], last = step + 1 === STEPS.length;
    this.title.textContent = title;
    this.text.textContent = text;
    this.count.textContent = `${step + 1} of ${STEPS.length}`;
    this.back.hidden = step === 0;
    this.skip.hidden = last;
    this.next.textContent = last ? "Done" : "Next";
    this.follow();
    this.next.focus({ preventScroll: true }); // also where the button that was pressed is hidden now
  }

  /** Stand beside the step's target, wherever that is by now. */
  follow() {
    const target = STEPS[reached].find(this.tour.data.row);
    this.ring.hidden = target === null;
    if (target) {
      const { left, top, right, bottom } = target, { style } = this.ring;
      Object.assign(style, { left: `${left - 4}px`, top: `${top - 4}px`, width: `${right - left + 8}px`, height: `${bottom - top + 8}px` });
      this.ring.classList.toggle("em-tour-round", right - left < 40 && bottom - top < 40);
    }
    const { left, top } = place(target, { width: this.card.offsetWidth, height: this.card.offsetHeight }, { width: innerWidth, height: innerHeight });
    Object.assign(this.card.style, { left: `${left}px`, top: `${top}px` });
  }

  /** That this browser has seen the tour: a cookie that says this and nothing else. */
  remember() {
    const { cookie, path } = this.tour.data, secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `${cookie}=seen; Path=${path}; Max-Age=${YEAR}; SameSite=Lax${secure}`;
  }

  end() {
    if (this.stop.signal.aborted) return;
    this.leave();
    reached = 0;
    if (this.before instanceof HTMLElement && this.before.isConnected) this.before.focus({ preventScroll: true });
    this.tour.setTriggerValue("over", true);
  }

  leave() {
    this.stop.abort();
    this.box.remove();
  }

  /**
   * @param {string} className
   * @param {string} text
   * @param {() => void} onClick
   */
  button(className, text, onClick) {
    const made = element("button", className, text);
    made.type = "button";
    made.addEventListener("click", onClick);
    return made;
  }
}
