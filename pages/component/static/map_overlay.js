// @ts-check
// What lies over the points: cluster names, rings, and the outline of a selection being drawn.
/** @import { ClusterName, Column, Frame, LayerNames, Lines, Place, Points, Rect, Row } from "../map_types.d.ts" */

import { element, svgElement } from "./map_elements.js";

const MAX_NAMES = 40;
const NAME_HEIGHT = 20;
const FONT = "600 12.5px";

/**
 * The layer whose names fit the view, coarse from afar and fine from near; or the one that the map is coloured by.
 *
 * @param {LayerNames[]} layers coarse before fine
 * @param {Pick<Column, "key">} column
 * @param {number} zoom 1: the whole map is in view
 */
export function layerFor(layers, column, zoom) {
  const colored = layers.find(({ layer }) => column.key === `cluster.${layer}`);
  return colored ?? layers.findLast((layer) => layer.zoom !== null && layer.zoom <= zoom) ?? null;
}

export class Names {
  /** @param {HTMLElement} box */
  constructor(box) {
    this.box = box;
    /** @type {Map<string, HTMLElement>} of the names that stand on the map */
    this.nodes = new Map();
    this.pen = /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d"));
    /** @type {Map<string, number>} */
    this.widths = new Map();
  }

  /**
   * The largest clusters first; a name that would touch another is left out.
   *
   * @param {ClusterName[]} clusters of one layer
   * @param {string} layer
   * @param {Frame} frame
   * @param {Rect[]} obstacles
   * @returns {Rect[]} where nothing more may stand: the obstacles and the names
   */
  draw(clusters, layer, frame, obstacles) {
    this.pen.font = `${FONT} ${getComputedStyle(this.box).fontFamily}`;
    const placed = [...obstacles], kept = new Set();
    for (const cluster of clusters.toSorted((a, b) => b.size - a.size || a.id - b.id)) {
      if (kept.size >= MAX_NAMES) break;
      const text = shorten(cluster.name);
      const width = this.width(text), x = frame.px(cluster.x), y = frame.py(cluster.y);
      if (x < 0 || x > frame.width || y < 0 || y > frame.height || width > frame.width - 8) continue;
      const left = within(x - width / 2, 4, frame.width - 4 - width), top = within(y - NAME_HEIGHT / 2, 4, frame.height - 4 - NAME_HEIGHT);
      const rect = { left, top, right: left + width, bottom: top + NAME_HEIGHT };
      if (placed.some((other) => overlap(rect, other))) continue;
      placed.push(rect);
      const key = `${layer}/${cluster.id}`;
      kept.add(key);
      let node = this.nodes.get(key);
      if (!node) {
        node = element("div", "em-name");
        this.nodes.set(key, node);
        this.box.append(node);
      }
      node.textContent = text;
      node.classList.toggle("em-name-weak", cluster.weak);
      node.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
    }
    for (const [key, node] of this.nodes) {
      if (kept.has(key)) continue;
      node.remove();
      this.nodes.delete(key);
    }
    return placed;
  }

  clear() {
    this.box.replaceChildren();
    this.nodes.clear();
  }

  /** @param {string} text */
  width(text) {
    const known = this.widths.get(text);
    if (known !== undefined) return known;
    const width = Math.ceil(this.pen.measureText(text).width) + 8;
    this.widths.set(text, width);
    return width;
  }
}

/** @param {string} name */
function shorten(name) {
  return name.length > 44 ? `${name.slice(0, 43)}…` : name;
}

/** @type {(value: number, low: number, high: number) => number} */
const within = (value, low, high) => Math.min(Math.max(value, low), high);

/** @type {(a: Rect, b: Rect) => boolean} */
function overlap(a, b) {
  return a.left < b.right + 6 && b.left < a.right + 6 && a.top < b.bottom + 4 && b.top < a.bottom + 4;
}

export class Drawing {
  /** @param {SVGSVGElement} svg */
  constructor(svg) {
    this.lines = svg.appendChild(svgElement("g"));
    this.rings = svg.appendChild(svgElement("g"));
    this.outline = svg.appendChild(svgElement("path", "em-outline"));
    /** @type {{ row: Row, circles: SVGCircleElement[] }[]} */
    this.marks = [];
    /** @type {{ from: Row, to: Row, line: SVGLineElement }[]} */
    this.ends = [];
  }

  /**
   * @param {Row[]} rows search hits
   * @param {Row | null} opened
   */
  setRings(rows, opened) {
    this.marks = rows.map((row) => ({ row, circles: [circle("em-hit-halo", 7), circle("em-hit", 7)] }));
    if (opened !== null) this.marks.push({ row: opened, circles: [circle("em-opened-halo", 11), circle("em-opened", 11)] });
    this.rings.replaceChildren(...this.marks.flatMap((mark) => mark.circles));
  }

  /**
   * @param {Row | null} from
   * @param {Lines | null} lines to its neighbours of each kind
   */
  setLines(from, lines) {
    const kinds = /** @type {const} */ (["kept", "missing", "false"]);
    this.ends = from === null || !lines ? [] : kinds.flatMap((kind) => lines[kind].map((to) => ({ from, to, line: svgElement("line", `em-line em-line-${kind}`) })));
    this.lines.replaceChildren(...this.ends.map(({ line }) => line));
  }

  /**
   * @param {Points} points
   * @param {Frame} frame
   */
  place(points, frame) {
    for (const { from, to, line } of this.ends) {
      for (const [end, row] of /** @type {const} */ ([[1, from], [2, to]])) {
        line.setAttribute(`x${end}`, frame.px(points.x[row]).toFixed(1));
        line.setAttribute(`y${end}`, frame.py(points.y[row]).toFixed(1));
      }
    }
    for (const { row, circles } of this.marks) {
      const x = frame.px(points.x[row]), y = frame.py(points.y[row]);
      for (const ring of circles) {
        ring.setAttribute("cx", x.toFixed(1));
        ring.setAttribute("cy", y.toFixed(1));
      }
    }
  }

  /** @param {Place[]} path */
  setOutline(path) {
    this.outline.setAttribute("d", path.length > 1 ? `M${path.map((p) => p.map((v) => v.toFixed(1)).join(",")).join("L")}Z` : "");
  }
}

/**
 * @param {string} className
 * @param {number} radius
 */
function circle(className, radius) {
  const made = svgElement("circle", className);
  made.setAttribute("r", String(radius));
  return made;
}
