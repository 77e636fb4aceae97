// @ts-check
// What is there to draw: the points in the colours of one colouring, on a light or a dark page.
/** @import { Body, Composition, Density, Islands, Loaded, Marks, Payload, Points, Row, View } from "../map_types.d.ts" */
/** @import { Visibility } from "./map_visibility.js" */

import { paint } from "./map_colors.js";
import { findDensity } from "./map_density.js";
import { findIslands, mainBody } from "./map_islands.js";
import { drawingOrder } from "./map_order.js";
import { layerFor } from "./map_overlay.js";
import { MAX_DRAWN, chooseRows, countInside, pointSize } from "./map_points.js";

const MISSING_ON_DARK = "#7b8087";

export class Scene {
  /**
   * @param {Loaded} loaded
   * @param {Payload} data
   * @param {boolean} dark
   * @param {Scene | null} before the scene that this one replaces
   */
  constructor({ points, values, layers }, data, dark, before) {
    this.points = points;
    /** @type {Scene | null} */
    const same = before?.points === points ? before : null;
    /** @type {Uint32Array} */
    this.order = same?.order ?? drawingOrder(points);
    /** @type {Islands} */
    this.islands = same?.islands ?? findIslands(points);
    this.layers = layers;
    this.column = data.column;
    this.dark = dark;
    this.missing = dark ? MISSING_ON_DARK : data.missing;
    this.paint = paint(values, data.column, data.cycle, this.missing, dark);
  }

  /**
   * The rows drawn of a view, and how.
   *
   * @param {View} view
   * @param {number} width
   * @param {number} height
   * @param {Visibility} visibility
   * @returns {Composition}
   */
  compose(view, width, height, visibility) {
    const { points, dark, missing } = this, size = this.sizeIn(view), marks = visibility.marks();
    const { passes, selected, hidden, values } = visibility;
    return {
      ...chooseRows(points, this.order, view, { passes, selected, hidden, values, left: marks?.left ?? null }), ...this.paint,
      points, dark, missing, view, width, height, size, marks,
      density: this.densityIn(view, width, visibility, marks),
    };
  }

  /**
   * How much lies where in a view; null where points lie no more than a few deep.
   *
   * @param {View} view
   * @param {number} width
   * @param {Visibility} visibility
   * @param {Marks | null} marks
   * @returns {Density | null}
   */
  densityIn(view, width, visibility, marks) {
    const { points, column } = this;
    return findDensity({ points, paint: this.paint, numeric: column.kind === "number", view, width, size: this.sizeIn(view), visibility, left: marks?.left });
  }

  /**
   * The first view, the view of everything, and which islands lie outside the first.
   *
   * @param {number} width of the stage, in pixels
   * @param {number} height
   * @returns {Body}
   */
  body(width, height) {
    return mainBody(this.islands, width, height);
  }

  /**
   * The islands outside the first view, with how many of their rows are shown in colour.
   *
   * @param {number[]} outside
   * @param {Visibility} visibility
   */
  islandsShown(outside, visibility) {
    const { labels, boxes } = this.islands, counts = new Uint32Array(boxes.length), { hidden, values } = visibility;
    if (outside.length) for (let i = 0; i < labels.length; i++) if (visibility.keeps(i) && !hidden.has(values[i])) counts[labels[i]] += 1;
    return outside.map((part) => ({ ...boxes[part], rows: counts[part] }));
  }

  /**
   * Points grow as fewer share the view.
   *
   * @param {View} view
   */
  sizeIn(view) {
    return pointSize(Math.min(countInside(this.points, view), MAX_DRAWN));
  }

  /**
   * Whether a move changes which points are drawn, how large, or how faint.
   *
   * @param {View} view
   * @param {Composition} drawn the last drawing
   * @param {Visibility} visibility
   */
  changesIn(view, { size, width, density, marks }, visibility) {
    return this.order.length > MAX_DRAWN || this.sizeIn(view) !== size || Boolean(density ?? this.densityIn(view, width, visibility, marks));
  }

  /**
   * The cluster names for a zoom, and the layer they come from.
   *
   * @param {number} zoom 1: the whole map is in view
   */
  namesAt(zoom) {
    const found = layerFor(this.layers, this.column, zoom);
    return { layer: found?.layer ?? "", clusters: found?.names ?? [] };
  }

  /**
   * The colour of a row's label, or null where the colouring shows something else.
   *
   * @param {Row} row
   */
  labelColor(row) {
    return this.column.key === "label" ? this.paint.colors[this.paint.slots[row]] : null;
  }
}
