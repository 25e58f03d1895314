"use strict";

const ANSWER_WITHIN_MS = 5000;
const STATE_EVERY_MS = 1000;

/** The program did not answer: it is gone, or the network is. */
class Unreachable extends Error {}

/** The program is there and busy; asking again soon is welcome. */
class Busy extends Error {}

/** The program that reads, as the page sees it: what it answers, and whether it is there. */
class Daemon {
  /** `found(state)` is called with every state, `lost()` when there is no answer. */
  constructor(found, lost) {
    this.found = found;
    this.lost = lost;
    document.addEventListener("visibilitychange", () => this.watch());
  }

  /** Ask for the state now, and once a second while somebody looks at the page. */
  async watch() {
    clearTimeout(this.timer);
    if (document.hidden) return;
    const state = await this.ask("api/state").catch(() => null);
    if (state) this.found(state);
    else this.lost();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.watch(), STATE_EVERY_MS);
  }

  /** The answer to a drawing. Throws Unreachable, Busy, or an Error with what is wrong with the drawing. */
  async read(drawing) {
    return this.ask("api/read", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(drawing),
    });
  }

  async ask(path, options = {}) {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), ANSWER_WITHIN_MS);
    let response, content;
    try {
      response = await fetch(path, { ...options, signal: abort.signal });
      content = await response.json();
    } catch {
      throw new Unreachable(path);
    } finally {
      clearTimeout(timer);
    }
    if (response.status === 503) throw new Busy(path);
    if (!response.ok) throw new Error(content.error);
    return content;
  }
}
