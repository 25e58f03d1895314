"use strict";

/** Of the paper's shorter side: what a felt pen is to a sheet of note paper. */
const PEN_SHARE = 0.032;
const PEN_MIN_PX = 7;
const PEN_MAX_PX = 40;
/** A touch this soon after the pen is the palm of the hand that holds it. */
const PALM_MS = 500;
/** A touch that ends this soon, and has hardly moved, is a tap. */
const TAP_MS = 350;

/** The canvas: pointers draw on it, each its own stroke, and the ink is shown. */
class Pad {
  /**
   * `drawn(stroke)` is called when the ink changed, with the stroke that grew if one did; `isTarget(x, y)` says whether a tap
   * there would mean something, and `tapped(x, y)` is called when it came: then it leaves no ink.
   */
  constructor(canvas, ink, { drawn, isTarget, tapped }) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.ink = ink;
    Object.assign(this, { drawn, isTarget, tapped });
    this.pens = new Map();
    this.penSeen = -Infinity;
    this.width = this.height = 0;
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => this.up(event));
    canvas.addEventListener("pointercancel", (event) => this.cancel(event));
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.redraw());
    const watcher = new ResizeObserver(() => this.resize());
    try {
      watcher.observe(canvas, { box: "device-pixel-content-box" }); // sees a change of zoom or screen too
    } catch {
      watcher.observe(canvas);
    }
  }

  clear() {
    this.pens.clear();
    this.ink.clear();
    this.redraw();
  }

  get penWidth() {
    return Math.min(PEN_MAX_PX, Math.max(PEN_MIN_PX, PEN_SHARE * Math.min(this.width, this.height)));
  }

  down(event) {
    if (event.button !== 0 || this.isPalm(event)) return;
    event.preventDefault();
    this.canvas.setPointerCapture(event.pointerId);
    const place = this.place(event);
    const stroke = this.ink.begin(...place, this.penWidth);
    this.pens.set(event.pointerId, { stroke, since: event.timeStamp, mayTap: this.isTarget(...place) });
    this.draw(stroke, 0);
    this.drawn(stroke);
  }

  move(event) {
    if (event.pointerType === "pen") this.penSeen = event.timeStamp;
    const pen = this.pens.get(event.pointerId);
    if (!pen) return;
    const before = pen.stroke.points.length;
    const moves = event.getCoalescedEvents?.() ?? [];
    const corner = this.canvas.getBoundingClientRect();
    for (const each of moves.length ? moves : [event]) this.ink.extend(pen.stroke, ...this.place(each, corner));
    if (pen.stroke.points.length === before) return;
    this.draw(pen.stroke, before);
    this.drawn(pen.stroke);
  }

  up(event) {
    const pen = this.pens.get(event.pointerId);
    if (!pen) return;
    this.pens.delete(event.pointerId);
    if (pen.mayTap && event.timeStamp - pen.since < TAP_MS && this.hardlyMoved(pen.stroke)) {
      this.tapped(...this.place(event));
      this.discard(pen.stroke);
    } else {
      this.redraw(); // as one curve, smoother than it could be while its end was not known
    }
  }

  /** The browser took the pointer away, so it was a palm or a gesture. */
  cancel(event) {
    const pen = this.pens.get(event.pointerId);
    if (!pen) return;
    this.pens.delete(event.pointerId);
    this.discard(pen.stroke);
  }

  discard(stroke) {
    this.ink.remove(stroke);
    this.redraw();
    this.drawn(null);
  }

  isPalm(event) {
    if (event.pointerType === "pen") this.penSeen = event.timeStamp;
    return event.pointerType === "touch" && event.timeStamp - this.penSeen < PALM_MS;
  }

  hardlyMoved({ points, width }) {
    return points.every(([x, y]) => Math.hypot(x - points[0][0], y - points[0][1]) < width / 2);
  }

  /** [x, y] of the event on the paper, in CSS pixels. */
  place(event, corner = this.canvas.getBoundingClientRect()) {
    return [event.clientX - corner.left, event.clientY - corner.top];
  }

  resize() {
    const { width, height } = this.canvas.getBoundingClientRect();
    this.canvas.width = Math.round(width * devicePixelRatio);
    this.canvas.height = Math.round(height * devicePixelRatio);
    this.width = width;
    this.height = height;
    this.ink.fit(width, height);
    this.redraw();
    if (!this.ink.empty) this.drawn(null);
  }

  redraw() {
    this.colour = getComputedStyle(this.canvas).color;
    this.context.setTransform(1, 0, 0, 1, 0, 0);
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    for (const stroke of this.ink.strokes) this.draw(stroke, 0);
  }

  /** Draw what `stroke` gained from point `first` on: curves from middle to middle of its points, then on to its end. */
  draw({ width, points }, first) {
    const { context } = this;
    const { scale, x, y } = this.ink.view;
    const ratio = devicePixelRatio;
    context.setTransform(ratio * scale, 0, 0, ratio * scale, ratio * x, ratio * y);
    context.lineCap = context.lineJoin = "round";
    context.lineWidth = width;
    context.strokeStyle = this.colour;
    const middle = (i) => (i < 1 ? points[0] : [(points[i - 1][0] + points[i][0]) / 2, (points[i - 1][1] + points[i][1]) / 2]);
    context.beginPath();
    context.moveTo(...middle(first - 1));
    for (let i = Math.max(first, 1); i < points.length; i += 1) context.quadraticCurveTo(...points[i - 1], ...middle(i));
    const [endX, endY] = points.at(-1);
    context.lineTo(points.length === 1 ? endX + 0.01 : endX, endY); // a line of no length would not even be a dot
    context.stroke();
  }
}
