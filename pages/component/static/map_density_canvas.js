// @ts-check
// The canvas below the points that shows how much lies where.
/** @import { Composition, Density, Frame } from "../map_types.d.ts" */

import { CELL, DOTS, weave } from "./map_density.js";

export class DensityCanvas {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    /** @type {Density | null} what it shows */
    this.density = null;
    canvas.hidden = true;
  }

  /** @param {Pick<Composition, "density" | "colors" | "missing">} drawn */
  show({ density, colors, missing }) {
    const pen = density && this.canvas.getContext("2d");
    if (!density || !pen) return this.clear();
    this.density = density;
    this.canvas.hidden = false;
    const width = density.columns * DOTS, height = density.lines * DOTS;
    this.canvas.width = width;
    this.canvas.height = height;
    Object.assign(this.canvas.style, { width: `${density.columns * CELL}px`, height: `${density.lines * CELL}px` });
    pen.putImageData(new ImageData(weave(density, colors, missing), width, height), 0, 0);
  }

  /**
   * Where the plane stands now, without drawing anew.
   *
   * @param {Frame} frame
   */
  place(frame) {
    if (!this.density) return;
    const { cell, first, lowest, lines } = this.density;
    const left = frame.px(first * cell), top = frame.py((lowest + lines) * cell), scale = (frame.px(cell) - frame.px(0)) / CELL;
    this.canvas.style.transform = `translate(${left}px, ${top}px) scale(${scale})`;
  }

  clear() {
    this.density = null;
    this.canvas.hidden = true;
    this.canvas.width = this.canvas.height = 0; // its memory
  }
}
