"use strict";

/** Puts the parts together: pen → ink → program → answer. */
function main() {
  for (const each of document.querySelectorAll("[data-text]")) each.textContent = TEXT[each.dataset.text];
  for (const each of document.querySelectorAll("[data-label]")) each.setAttribute("aria-label", TEXT[each.dataset.label]);

  const [canvas, hint, clearButton] = ["canvas", "hint", "clear"].map((id) => document.getElementById(id));
  const ink = new Ink();
  const answer = new AnswerView();
  const notice = new Notice(document.getElementById("notice"));
  const status = new Status();
  let connected = true;

  const daemon = new Daemon(found, lost);
  const pad = new Pad(canvas, ink, {
    drawn,
    isTarget: (x, y) => answer.isAt(x, y),
    tapped: (x, y) => answer.focusOn([x, y]),
  });
  const reader = new Reader(daemon, ink, () => ink.toDrawing(pad.width, pad.height), answered, failed);

  function drawn(stroke) {
    hint.hidden = !ink.empty;
    clearButton.disabled = ink.empty;
    if (stroke) answer.focus = middleOf(stroke);
    if (ink.empty) answer.clear();
    reader.changed(); // of empty paper too: it may be what the program watches
  }

  function middleOf({ points }) {
    const { scale, x, y } = ink.view;
    const [middle] = points.slice(points.length >> 1);
    return [middle[0] * scale + x, middle[1] * scale + y];
  }

  function answered(read, scale) {
    notice.clear();
    if (!ink.empty) answer.show(read, scale);
  }

  function failed(error) {
    if (error instanceof Unreachable) lost();
    else notice.show(TEXT.refused(error.message));
  }

  function clear() {
    pad.clear();
    drawn(null);
  }

  function found(state) {
    answer.bars.name(state.labels);
    status.show(state);
    if (connected) return;
    connected = true;
    document.documentElement.dataset.connection = "up";
    notice.clear();
    if (reader.wanted) reader.changed();
  }

  function lost() {
    connected = false;
    document.documentElement.dataset.connection = "down";
    notice.show(TEXT.notConnected);
  }

  clearButton.addEventListener("click", clear);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "c" || event.key === "Escape") clear();
  });
  daemon.watch();
}

/** One line over the paper about what is wrong now. */
class Notice {
  constructor(line) {
    this.line = line;
  }

  show(text) {
    setText(this.line, text);
    this.line.hidden = false;
  }

  clear() {
    this.line.hidden = true;
    this.line.textContent = "";
  }
}

/** Where frames come from and what reads them, in the header; what the camera reads, and who is not
 * told of it, in the strips below it. */
class Status {
  constructor() {
    const ids = ["source", "model", "seen", "seen-numbers", "seen-rate", "untold"];
    for (const id of ids) this[id] = document.getElementById(id);
  }

  show(state) {
    const source = TEXT.source(state.source, state.why);
    setText(this.source, (this.source.title = source));
    setText(this.model, (this.model.title = [state.model, state.model_note].filter(Boolean).join(" · ")));
    const untold = state.sinks.filter((sink) => sink.status === "failed").map(TEXT.untold);
    setText(this.untold, (this.untold.title = untold.join(" · ")));
    this.untold.hidden = untold.length === 0;
    this.seen.hidden = state.source === "canvas";
    if (this.seen.hidden) return;
    const numbers = state.readings.map((reading) => reading.text);
    setText(this["seen-numbers"], numbers.join(" · ") || TEXT.cameraSeesNothing);
    const said = [TEXT.rate(state.frames_per_second), state.quality.reason];
    setText(this["seen-rate"], said.filter(Boolean).join(" · "));
  }
}

main();
