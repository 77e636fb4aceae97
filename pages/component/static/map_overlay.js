// What lies over the points: cluster names, rings, and the outline of a selection being drawn.

import { element, svgElement } from "./map_elements.js";

const MAX_NAMES = 40;
const NAME_HEIGHT = 20;
const FONT = "600 12.5px";

// The layer whose names fit the view: coarse from afar, fine from near
export function layerFor(column, zoom) {
  if (column.key.startsWith("cluster.")) return column.key.slice("cluster.".length);
  return zoom < 1.7 ? "graph-0" : zoom < 4 ? "graph-1" : "graph-2";
}

export class Names {
  constructor(box) {
    this.box = box;
    this.nodes = new Map();
    this.pen = document.createElement("canvas").getContext("2d");
    this.widths = new Map();
  }

  // clusters: [{id, name, x, y, size}] of one layer
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
      node.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
    }
    for (const [key, node] of this.nodes) {
      if (kept.has(key)) continue;
      node.remove();
      this.nodes.delete(key);
    }
  }

  clear() {
    this.box.replaceChildren();
    this.nodes.clear();
  }

  width(text) {
    if (!this.widths.has(text)) this.widths.set(text, Math.ceil(this.pen.measureText(text).width) + 8);
    return this.widths.get(text);
  }
}

function shorten(name) {
  return name.length > 44 ? `${name.slice(0, 43)}…` : name;
}

const within = (value, low, high) => Math.min(Math.max(value, low), high);

function overlap(a, b) {
  return a.left < b.right + 6 && b.left < a.right + 6 && a.top < b.bottom + 4 && b.top < a.bottom + 4;
}

export class Drawing {
  constructor(svg) {
    this.rings = svg.appendChild(svgElement("g"));
    this.outline = svg.appendChild(svgElement("path", "em-outline"));
    this.marks = [];
  }

  setRings(rows, opened) {
    const marks = rows.map((row) => ({ row, classes: ["em-hit-halo", "em-hit"], radius: 7 }));
    if (opened !== null) marks.push({ row: opened, classes: ["em-opened-halo", "em-opened"], radius: 11 });
    this.marks = marks.map((mark) => {
      const circles = mark.classes.map((name) => {
        const circle = svgElement("circle", name);
        circle.setAttribute("r", String(mark.radius));
        return circle;
      });
      return { ...mark, circles };
    });
    this.rings.replaceChildren(...this.marks.flatMap((mark) => mark.circles));
  }

  place(points, frame) {
    for (const { row, circles } of this.marks) {
      const x = frame.px(points.x[row]), y = frame.py(points.y[row]);
      for (const circle of circles) {
        circle.setAttribute("cx", x.toFixed(1));
        circle.setAttribute("cy", y.toFixed(1));
      }
    }
  }

  // path: [[x, y]] in pixels
  setOutline(path) {
    this.outline.setAttribute("d", path.length > 1 ? `M${path.map((p) => p.map((v) => v.toFixed(1)).join(",")).join("L")}Z` : "");
  }
}
