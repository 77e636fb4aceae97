// @ts-check
// Two subsets beside each other: what share each has of every name and bin, and which terms one has more often.
/** @import { BarPair, CompareComponent, ComparePayload, Difference, HistogramPair, Pair } from "../compare_types.d.ts" */

import { barsPath, valueText } from "./facet_brush.js";
import { element, format, svgElement } from "./map_elements.js";
import { styles } from "./map_store.js";

const SHOWN = 8; // names of a column
const MORE_BY = 0.005; // a share that differs by less is told as the same

/**
 * @param {CompareComponent & { parentElement: HTMLElement | ShadowRoot }} given by Streamlit
 */
export async function mount({ parentElement, data }) {
  const root = /** @type {HTMLElement} */ (parentElement.querySelector(".evalmap-compare"));
  await styles(`${data.assets}/compare_view.css`);
  const drawn = JSON.stringify(data);
  if (root.dataset.drawn === drawn) return; // the page ran again, and nothing here changed
  root.dataset.drawn = drawn;
  root.replaceChildren(head(data), tables(data), pairs(data));
}

/** @param {ComparePayload} data */
function head({ a, b, both }) {
  const box = element("div", "ec-head");
  for (const [side, { name, rows }] of /** @type {const} */ ([["a", a], ["b", b]])) {
    const one = element("div", `ec-side ec-${side}`);
    one.append(element("span", "ec-key"), element("b", "", format(rows)), element("span", "ec-name", name));
    box.append(one);
  }
  if (both) box.append(element("span", "ec-note", `${format(both)} examples are in both.`));
  return box;
}

/** @param {ComparePayload} data */
function pairs({ pairs: all }) {
  const box = element("div", "ec-pairs");
  for (const pair of all) box.append(card(pair));
  return box;
}

/** @param {Pair} pair */
function card(pair) {
  const box = element("section", "ec-card"), top = element("div", "ec-top");
  const apart = element("span", "ec-apart", pair.distance !== null ? `${Math.round(100 * pair.distance)} % apart` : "");
  apart.title = "Half the sum of the differences of the shares: 0 % are two equal charts, 100 % have nothing in common.";
  top.append(element("span", "ec-title", pair.title), apart);
  box.setAttribute("aria-label", pair.title);
  box.append(top, pair.kind === "bars" ? bars(pair) : histogram(pair));
  const [a, b] = pair.missing;
  if (a || b) box.append(element("div", "ec-note", `missing: ${format(a)} and ${format(b)}`));
  return box;
}

/** @param {BarPair} pair */
function bars({ bars: all, more, colors }) {
  const box = element("div", "ec-bars");
  const [ofA, ofB] = [1, 2].map((side) => all.reduce((sum, bar) => sum + Number(bar[side]), 0));
  const most = Math.max(1e-9, ...all.map(([, a, b]) => Math.max(share(a, ofA), share(b, ofB))));
  // The names that tell the two apart, in the order that they came in
  const telling = new Set([...all].sort((x, y) => apart(y) - apart(x)).slice(0, SHOWN));
  /** @param {BarPair["bars"][number]} bar */
  function apart([, a, b]) {
    return Math.abs(share(a, ofA) - share(b, ofB)) + 1e-3 * Math.max(share(a, ofA), share(b, ofB));
  }
  for (const [index, bar] of all.entries()) {
    if (!telling.has(bar)) continue;
    const [name, a, b] = bar, row = element("div", "ec-row");
    const label = element("span", "ec-bar-name");
    label.title = name;
    if (colors) {
      const swatch = element("span", "ec-swatch");
      swatch.style.background = colors[index];
      label.append(swatch);
    }
    label.append(element("span", "", name.trim() || "(empty)"));
    const inA = share(a, ofA), inB = share(b, ofB);
    const numbers = element("span", "ec-shares");
    numbers.append(element("span", inA > inB + MORE_BY ? "ec-more-a" : "", percent(inA)), element("span", inB > inA + MORE_BY ? "ec-more-b" : "", percent(inB)));
    const track = element("span", "ec-track");
    for (const [side, ratio] of /** @type {const} */ ([["a", inA], ["b", inB]])) {
      const line = element("span", `ec-line ec-line-${side}`);
      line.style.width = `${(100 * ratio) / most}%`;
      track.append(line);
    }
    row.title = `${name}: ${format(a)} and ${format(b)}`;
    row.append(label, numbers, track);
    box.append(row);
  }
  const left = all.length - telling.size + more;
  if (left > 0) box.append(element("div", "ec-note", `${format(left)} more that differ less`));
  return box;
}

/** @param {HistogramPair} pair */
function histogram(pair) {
  const { edges, a, b } = pair, box = element("div", "ec-numbers");
  const picture = svgElement("svg", "ec-picture");
  picture.setAttribute("viewBox", `0 0 ${a.length} 100`);
  picture.setAttribute("preserveAspectRatio", "none");
  picture.setAttribute("aria-hidden", "true");
  const [shareA, shareB] = [a, b].map((counts) => {
    const all = counts.reduce((sum, count) => sum + count, 0);
    return counts.map((count) => share(count, all));
  });
  const most = Math.max(1e-9, ...shareA, ...shareB);
  for (const [side, ratios] of /** @type {const} */ ([["a", shareA], ["b", shareB]])) {
    const path = svgElement("path", `ec-area ec-area-${side}`);
    path.setAttribute("d", side === "a" ? barsPath(ratios, most) : stepPath(ratios, most));
    picture.append(path);
  }
  const axis = element("div", "ec-axis");
  axis.append(element("span", "", valueText(edges[0], edges, pair)), element("span", "", valueText(edges[edges.length - 1], edges, pair)));
  box.append(picture, axis);
  return box;
}

/**
 * The upper outline of bars as a line.
 *
 * @param {number[]} ratios
 * @param {number} most
 */
export function stepPath(ratios, most) {
  return ratios.map((ratio, bin) => `${bin ? "L" : "M"}${bin} ${round(100 - (100 * ratio) / most)}H${bin + 1}`).join("");
}

/** @param {ComparePayload} data */
function tables({ labels, terms, a, b, note }) {
  const box = element("div", "ec-tables");
  if (labels.length) box.append(table("Labels", labels, a.name, b.name, "The lines are intervals of 95 %."));
  box.append(table("Words", terms, a.name, b.name, terms.length ? note : `No word is more frequent in one of them than chance would have it. ${note}`));
  return box;
}

/**
 * Differences as dots on their intervals, around 0.
 *
 * @param {string} title
 * @param {Difference[]} all
 * @param {string} nameA
 * @param {string} nameB
 * @param {string} note
 */
function table(title, all, nameA, nameB, note) {
  const box = element("section", "ec-card"), top = element("div", all.length ? "ec-top ec-term" : "ec-top");
  box.setAttribute("aria-label", title);
  top.append(element("span", "ec-title", title));
  if (all.length) {
    const sides = element("span", "ec-sides");
    sides.append(element("span", "ec-more-b", "◂ more in B"), element("span", "ec-more-a", "more in A ▸"));
    top.append(sides, element("span", "ec-more-a", "A"), element("span", "ec-more-b", "B"));
  }
  const reach = Math.max(...all.map(([, , , , low, high]) => Math.max(Math.abs(low), Math.abs(high))));
  const rows = element("div", "ec-table");
  rows.setAttribute("role", "table");
  for (const one of all) rows.append(differenceRow(one, reach, nameA, nameB));
  box.append(top, rows);
  if (note) box.append(element("div", "ec-note", note));
  return box;
}

/**
 * @param {Difference} one
 * @param {number} reach the difference that fills half of the width
 * @param {string} nameA
 * @param {string} nameB
 */
function differenceRow([name, a, b, difference, low, high], reach, nameA, nameB) {
  const row = element("div", "ec-term"), side = low > 0 ? "a" : high < 0 ? "b" : "none";
  row.setAttribute("role", "row");
  const picture = element("span", "ec-interval");
  picture.setAttribute("aria-hidden", "true");
  const line = element("span", `ec-span ec-line-${side}`), dot = element("span", `ec-dot ec-line-${side}`);
  line.style.left = `${at(low, reach)}%`;
  line.style.width = `${at(high, reach) - at(low, reach)}%`;
  dot.style.left = `${at(difference, reach)}%`;
  picture.append(element("span", "ec-zero"), line, dot);
  const cells = [
    element("span", "ec-word", name),
    element("span", side === "a" ? "ec-more-a" : "ec-share", percent(a)),
    element("span", side === "b" ? "ec-more-b" : "ec-share", percent(b)),
  ];
  for (const cell of cells) cell.setAttribute("role", "cell");
  row.title = `${name}: ${percent(a)} of ${nameA}, ${percent(b)} of ${nameB}; difference ${points(difference)} (${points(low)} to ${points(high)})`;
  row.append(cells[0], picture, cells[1], cells[2]);
  return row;
}

/**
 * @param {number} difference
 * @param {number} reach
 */
function at(difference, reach) {
  return 50 + (50 * difference) / (reach || 1);
}

/**
 * @param {number} count
 * @param {number} all
 */
function share(count, all) {
  return all ? count / all : 0;
}

/** @param {number} ratio */
export function percent(ratio) {
  const value = 100 * ratio;
  return `${value > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} %`;
}

/** @param {number} difference */
function points(difference) {
  return `${difference < 0 ? "−" : "+"}${Math.abs(100 * difference).toFixed(1)} points`;
}

/** @param {number} number */
function round(number) {
  return Math.round(number * 100) / 100;
}
