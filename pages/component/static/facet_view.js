// @ts-check
// The column charts: one FacetView a mounted component. Streamlit calls mount() again whenever the page sends other data.
/** @import { Act, Chart, Choice, FacetComponent, FacetPayload, Intent, Tell } from "../facet_types.d.ts" */

import { Bars, arrange } from "./facet_bars.js";
import { Histogram } from "./facet_histogram.js";
import { element, format } from "./map_elements.js";
import { styles } from "./map_store.js";

/** @type {Map<HTMLElement, FacetView>} */
const mounted = new Map();
let acts = 0; // numbered over all views, as Python hears of them in one place

/**
 * @param {FacetComponent & { parentElement: HTMLElement | ShadowRoot }} given by Streamlit
 * @returns {Promise<() => void>} called when the charts leave the page
 */
export async function mount({ parentElement, ...component }) {
  const root = /** @type {HTMLElement} */ (parentElement.querySelector(".evalmap-facets"));
  await styles(`${component.data.assets}/facet_view.css`);
  sweep();
  const view = mounted.get(root) ?? new FacetView(root);
  mounted.set(root, view);
  view.update(component);
  return () => setTimeout(sweep, 100);
}

function sweep() {
  for (const root of mounted.keys()) if (!root.isConnected) mounted.delete(root);
}

class FacetView {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.list = element("div", "ef-charts");
    this.counted = element("div", "ef-counted");
    this.leftOut = element("div", "ef-left-out");
    root.replaceChildren(this.counted, this.list, this.leftOut);
    /** @type {Map<string, Facet>} */
    this.facets = new Map();
    /** @type {Act[]} that Python has not answered yet, the oldest first */
    this.waiting = [];
    /** @type {FacetComponent | null} */
    this.component = null;
    this.name = "";
  }

  /** @param {FacetComponent} component */
  update(component) {
    const { data } = component;
    this.component = component;
    acts = Math.max(acts, data.heard); // the page was loaded anew, its session goes on
    this.waiting = this.waiting.filter((act) => act.n > data.heard);
    if (this.name !== data.name) this.facets.clear();
    this.name = data.name;
    this.draw(data);
  }

  /** @param {FacetPayload} data */
  draw(data) {
    const rest = data.passing === data.total ? " examples" : ` of ${format(data.total)} examples pass`;
    this.counted.replaceChildren(element("b", "", format(data.passing)), element("span", "", rest));
    arrange(this.list, data.charts.map((chart) => {
      const facet = this.facets.get(chart.key) ?? new Facet(chart, data.name, (intent) => this.tell(intent));
      this.facets.set(chart.key, facet);
      facet.update(this.asTold(chart));
      return facet.root;
    }));
    for (const key of this.facets.keys()) if (!data.charts.some((chart) => chart.key === key)) this.facets.delete(key);
    this.leftOut.textContent = data.leftOut;
    this.leftOut.hidden = !data.leftOut;
  }

  /**
   * Every act that Python has not answered goes along: two that come close together arrive as one.
   *
   * @param {Intent} intent
   */
  tell(intent) {
    acts += 1;
    const act = /** @type {Act} */ ({ ...intent, n: acts });
    this.waiting = [...this.waiting.filter((one) => one.column !== act.column || (one.op === "search") !== (act.op === "search")), act];
    this.component?.setTriggerValue("acts", this.waiting);
    const chart = this.component?.data.charts.find((one) => one.key === act.column);
    if (chart) this.facets.get(act.column)?.update(this.asTold(chart));
  }

  /**
   * A chart with what the reader just did to it, before Python has counted.
   *
   * @param {Chart} chart
   * @returns {Chart}
   */
  asTold(chart) {
    return this.waiting.filter((act) => act.column === chart.key).reduce(afterAct, chart);
  }
}

/**
 * @param {Chart} chart
 * @param {Act} act
 * @returns {Chart}
 */
export function afterAct(chart, act) {
  if (act.op === "search") return chart;
  /** @type {(missing: Choice) => Chart["missing"]} */
  const withMissing = (chosen) => chart.missing && { ...chart.missing, chosen };
  if (chart.kind === "histogram") {
    const range = act.op === "range" ? act.range : null, missing = act.op === "range" ? act.missing : 0;
    return { ...chart, brush: range, missing: withMissing(missing), active: range !== null || missing !== 0 };
  }
  /** @type {{ chosen: number[], excluded: number[], missing: Choice }} */
  const { chosen, excluded, missing } = act.op === "values" ? act : { chosen: [], excluded: [], missing: 0 };
  return {
    ...chart,
    bars: chart.bars.map(([name, total, passing, value]) => (
      [name, total, passing, value, chosen.includes(value) ? 1 : excluded.includes(value) ? -1 : 0]
    )),
    missing: withMissing(missing),
    active: chosen.length > 0 || excluded.length > 0 || missing !== 0,
  };
}

class Facet {
  /**
   * @param {Chart} chart
   * @param {string} name of the dataset
   * @param {Tell} tell
   */
  constructor(chart, name, tell) {
    this.remembered = `evalmap-facet ${name} ${chart.key}`;
    this.root = element("section", "ef-facet");
    this.root.dataset.facet = chart.key;
    this.fold = element("button", "ef-fold");
    this.fold.type = "button";
    this.title = element("span", "ef-title");
    this.fold.append(element("span", "ef-arrow", "›"), this.title);
    this.clear = element("button", "ef-clear", "×");
    this.clear.type = "button";
    this.clear.addEventListener("click", () => {
      tell({ column: chart.key, op: "clear" });
      this.fold.focus({ preventScroll: true });
    });
    const head = element("div", "ef-head");
    head.append(this.fold, this.clear);
    this.body = element("div", "ef-body");
    this.note = element("div", "ef-note");
    this.chart = chart.kind === "bars" ? new Bars(chart.key, tell) : new Histogram(chart.key, tell);
    this.body.append(this.chart.root, this.note);
    this.root.append(head, this.body);
    this.open = recall(this.remembered) ?? (chart.open || chart.active);
    this.fold.addEventListener("click", () => {
      this.setOpen(!this.open);
      remember(this.remembered, this.open);
    });
  }

  /** @param {Chart} chart */
  update(chart) {
    this.root.setAttribute("aria-label", chart.title);
    this.title.textContent = chart.title;
    this.title.title = chart.title;
    this.clear.hidden = !chart.active;
    this.clear.title = `Clear ${chart.title}`;
    this.clear.setAttribute("aria-label", this.clear.title);
    this.root.classList.toggle("ef-active", chart.active);
    this.note.textContent = chart.note;
    this.note.hidden = !chart.note;
    // A column keeps its kind for as long as its key stays
    if (this.chart instanceof Bars && chart.kind === "bars") this.chart.update(chart);
    if (this.chart instanceof Histogram && chart.kind === "histogram") this.chart.update(chart);
    this.setOpen(this.open);
  }

  /** @param {boolean} open */
  setOpen(open) {
    this.open = open;
    this.body.hidden = !open;
    this.fold.setAttribute("aria-expanded", String(open));
  }
}

/**
 * @param {string} key
 * @param {boolean} open
 */
function remember(key, open) {
  try {
    sessionStorage.setItem(key, open ? "1" : "0");
  } catch { /* a browser that keeps nothing: the chart opens as it would at first */ }
}

/**
 * @param {string} key
 * @returns {boolean | null} null where the reader never said
 */
function recall(key) {
  try {
    const kept = sessionStorage.getItem(key);
    return kept === null ? null : kept === "1";
  } catch {
    return null;
  }
}
