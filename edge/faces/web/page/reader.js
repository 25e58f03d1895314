"use strict";

/** At least this long from one drawing sent to the next: more often than anyone can follow helps nobody. */
const MIN_GAP_MS = 60;
const BUSY_PAUSE_MS = 250;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Keeps the answer to the newest drawing: one request on its way at a time, the next one when it is back. */
class Reader {
  /** `drawing()` returns {drawing, scale}, `answered(answer, scale)` shows it, `failed(error)` says why there is none. */
  constructor(daemon, ink, drawing, answered, failed) {
    Object.assign(this, { daemon, ink, drawing, answered, failed });
    this.wanted = this.asking = false;
    this.askedAt = -Infinity;
  }

  /** The drawing is another now. */
  changed() {
    this.wanted = true;
    this.ask();
  }

  /** Let everyone who looks at the document see whether the answer shown is to the drawing shown. */
  note() {
    document.documentElement.dataset.answer = this.wanted || this.asking ? "pending" : "current";
  }

  async ask() {
    this.note();
    if (this.asking || !this.wanted) return;
    this.asking = true;
    await pause(this.askedAt + MIN_GAP_MS - performance.now());
    if (this.wanted) await this.askNow();
    this.asking = false;
    if (!this.unreachable) this.ask();
    this.note();
  }

  async askNow() {
    const { epoch } = this.ink;
    const { drawing, scale } = this.drawing();
    this.wanted = false;
    this.unreachable = false;
    this.askedAt = performance.now();
    try {
      const answer = await this.daemon.read(drawing);
      if (epoch === this.ink.epoch) this.answered(answer, scale);
    } catch (error) {
      this.wanted ||= error instanceof Busy || error instanceof Unreachable;
      this.unreachable = error instanceof Unreachable;
      if (error instanceof Busy) await pause(BUSY_PAUSE_MS);
      else if (epoch === this.ink.epoch) this.failed(error);
    }
  }
}
