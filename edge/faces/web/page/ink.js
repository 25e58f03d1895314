"use strict";

const MAX_SIDE_PX = 4096;
/** Closer points add nothing a reader could see. */
const MIN_STEP_PX = 1;

/**
 * The strokes of a drawing. Points are kept as they were drawn; `view` places them on the paper as it is now, so ink that no
 * longer fits after the window shrank is shown smaller, and comes back to its size with the window.
 */
class Ink {
  constructor() {
    this.strokes = [];
    this.view = { scale: 1, x: 0, y: 0 };
    /** Counts what makes answers on their way worthless: clearing, and another view. */
    this.epoch = 0;
  }

  get empty() {
    return this.strokes.length === 0;
  }

  /** A new stroke from (x, y) on the paper, with a pen of `width` paper pixels. */
  begin(x, y, width) {
    const stroke = { width: width / this.view.scale, points: [this.fromPaper(x, y)] };
    this.strokes.push(stroke);
    return stroke;
  }

  /** Take `stroke` on to (x, y) on the paper; false if that is where it already ends. */
  extend(stroke, x, y) {
    const point = this.fromPaper(x, y);
    const last = stroke.points.at(-1);
    if (Math.hypot(point[0] - last[0], point[1] - last[1]) * this.view.scale < MIN_STEP_PX) return false;
    stroke.points.push(point);
    return true;
  }

  remove(stroke) {
    this.strokes = this.strokes.filter((other) => other !== stroke);
    this.epoch += 1;
  }

  clear() {
    this.strokes = [];
    this.view = { scale: 1, x: 0, y: 0 };
    this.epoch += 1;
  }

  /** Choose the view for paper of this size: as drawn if all ink fits, otherwise the largest that shows all. */
  fit(width, height) {
    this.epoch += 1;
    const [left, top, right, bottom] = this.bounds();
    if (this.empty || (left >= 0 && top >= 0 && right <= width && bottom <= height)) {
      this.view = { scale: 1, x: 0, y: 0 };
      return;
    }
    const scale = Math.min(1, width / (right - left), height / (bottom - top));
    const place = (low, high, size) => Math.min(Math.max(0, low * scale), size - (high - low) * scale) - low * scale;
    this.view = { scale, x: place(left, right, width), y: place(top, bottom, height) };
  }

  /** [left, top, right, bottom] of the ink as it was drawn. */
  bounds() {
    const bounds = [Infinity, Infinity, -Infinity, -Infinity];
    for (const { width, points } of this.strokes) {
      for (const [x, y] of points) {
        bounds[0] = Math.min(bounds[0], x - width / 2);
        bounds[1] = Math.min(bounds[1], y - width / 2);
        bounds[2] = Math.max(bounds[2], x + width / 2);
        bounds[3] = Math.max(bounds[3], y + width / 2);
      }
    }
    return bounds;
  }

  fromPaper(x, y) {
    return [(x - this.view.x) / this.view.scale, (y - this.view.y) / this.view.scale];
  }

  /** The drawing as the program takes it, for paper of this size; `scale` is of its pixels to the paper's. */
  toDrawing(width, height) {
    const scale = Math.min(1, MAX_SIDE_PX / Math.max(width, height));
    const tenth = (value) => Math.round(value * scale * 10) / 10;
    const { view } = this;
    const drawing = {
      width: Math.round(width * scale),
      height: Math.round(height * scale),
      strokes: this.strokes.map((stroke) => ({
        width_px: tenth(stroke.width * view.scale),
        points: stroke.points.map(([x, y]) => [tenth(x * view.scale + view.x), tenth(y * view.scale + view.y)]),
      })),
    };
    return { drawing, scale };
  }
}
