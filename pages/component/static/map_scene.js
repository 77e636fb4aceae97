// @ts-check
// What is there to draw: the points in the colours of one colouring, on a light or a dark page.
/** @import { Composition, Loaded, Payload, Points, Row, View } from "../map_types.d.ts" */
/** @import { Visibility } from "./map_visibility.js" */

import { paint } from "./map_colors.js";
import { layerFor } from "./map_overlay.js";
import { MAX_DRAWN, chooseRows, countInside, drawingOrder, pointSize } from "./map_points.js";

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
    this.order = orderFor(points, before);
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
    const { points, dark, missing } = this;
    return { ...chooseRows(points, this.order, view, visibility), ...this.paint, points, dark, missing, view, width, height, size: this.sizeIn(view) };
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
   * Whether a move changes which points are drawn, or how large.
   *
   * @param {View} view
   * @param {number} size of the points in the last drawing
   */
  changesIn(view, size) {
    return this.order.length > MAX_DRAWN || this.sizeIn(view) !== size;
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

/**
 * @param {Points} points
 * @param {Scene | null} before
 * @returns {Uint32Array}
 */
function orderFor(points, before) {
  return before && before.points === points ? before.order : drawingOrder(points.x.length);
}
