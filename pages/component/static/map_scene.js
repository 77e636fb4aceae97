// What is there to draw: the points in the colours of one colouring, on a light or a dark page.

import { paint } from "./map_colors.js";
import { layerFor } from "./map_overlay.js";
import { MAX_DRAWN, chooseRows, countInside, drawingOrder, pointSize } from "./map_points.js";

const MISSING_ON_DARK = "#7b8087";

export class Scene {
  // before: the scene that this one replaces, or null
  constructor({ points, values, clusters }, data, dark, before) {
    this.points = points;
    this.order = before?.points === points ? before.order : drawingOrder(data.n);
    this.clusters = clusters;
    this.column = data.column;
    this.dark = dark;
    this.missing = dark ? MISSING_ON_DARK : data.missing;
    Object.assign(this, paint(values, data.column, data.cycle, this.missing, dark)); // slots, colors
  }

  // The rows drawn of a view, and how: what Plot.draw takes
  compose(view, width, height, visibility) {
    const { points, slots, colors, dark, missing } = this;
    return { ...chooseRows(points, this.order, view, visibility), points, slots, colors, dark, missing, view, width, height, size: this.sizeIn(view) };
  }

  // Points grow as fewer share the view
  sizeIn(view) {
    return pointSize(Math.min(countInside(this.points, view), MAX_DRAWN));
  }

  // Whether a move changes which points are drawn, or how large: `size` is that of the last drawing
  changesIn(view, size) {
    return this.order.length > MAX_DRAWN || this.sizeIn(view) !== size;
  }

  // The cluster names for a zoom (1: the whole map), and the layer they come from
  namesAt(zoom) {
    const layer = layerFor(this.column, zoom);
    return { layer, clusters: this.clusters[layer] ?? [] };
  }

  // The colour of a row's label, or null where the colouring shows something else
  labelColor(row) {
    return this.column.key === "label" ? this.colors[this.slots[row]] : null;
  }
}
