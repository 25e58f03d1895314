"use strict";

const ANNOUNCE_AFTER_MS = 700;

/** Distance from (x, y) to a box [x, y, width, height]; 0 inside. */
function distance([left, top, width, height], [x, y]) {
  return Math.hypot(Math.max(left - x, 0, x - left - width), Math.max(top - y, 0, y - top - height));
}

/** What is read: the numbers, the boxes around their digits on the paper, and the bars of the digit that is chosen. */
class AnswerView {
  constructor() {
    this.numbers = document.getElementById("numbers");
    this.boxes = document.getElementById("boxes");
    this.verdict = document.getElementById("verdict");
    this.announcement = document.getElementById("announcement");
    this.bars = new Bars(document.getElementById("bars"));
    this.items = [];
    /** [x, y] on the paper; what is nearest to it is chosen. */
    this.focus = [0, 0];
    this.clear();
  }

  clear() {
    this.show({ readings: [], rejected: [] }, 1);
    this.verdict.textContent = TEXT.waiting;
  }

  /** Show `answer`, whose boxes are in pixels `scale` times the paper's. */
  show(answer, scale) {
    const onPaper = (found) => ({ ...found, box: found.box.map((value) => value / scale) });
    const lines = inLines(answer.readings.map(onPaper));
    const rejected = answer.rejected.map(onPaper);
    this.items = [
      ...lines.flat().flatMap((reading) => reading.digits.map((digit) => ({ ...onPaper(digit), reading }))),
      ...rejected,
    ];
    this.layOut(lines, rejected.length);
    this.choose();
    this.announce(answer.readings.map((reading) => reading.text));
  }

  /** Choose what is at (x, y) on the paper, or nearest to it. */
  focusOn(point) {
    this.focus = point;
    this.choose();
  }

  /** Whether there is a digit, or ink that was not read, at (x, y). */
  isAt(x, y) {
    return this.items.some((item) => distance(item.box, [x, y]) === 0);
  }

  choose() {
    const size = ({ box }) => box[2] * box[3];
    const nearer = (a, b) => distance(a.box, this.focus) - distance(b.box, this.focus) || size(a) - size(b);
    const chosen = this.items.reduce((best, item) => (best && nearer(best, item) <= 0 ? best : item), undefined);
    this.items.forEach((item, index) => {
      this.buttons[index].setAttribute("aria-pressed", item === chosen);
      this.boxes.children[index].classList.toggle("chosen", item === chosen);
    });
    setText(this.verdict, chosen ? verdictOn(chosen) : TEXT.nothingFound);
    // Shares among the digits say nothing of what is none of them.
    this.bars.show(chosen && chosen.reason !== "not_a_digit" ? chosen.probabilities : []);
  }

  /** Buttons in lines and numbers, and their boxes. Buttons that stay keep the keyboard's focus. */
  layOut(lines, rejected) {
    const shape = JSON.stringify([lines.map((line) => line.map((reading) => reading.digits.length)), rejected]);
    if (shape !== this.shape) {
      this.shape = shape;
      const focused = this.buttons?.indexOf(document.activeElement) ?? -1;
      this.build(lines.map((line) => line.map((reading) => reading.digits.length)), rejected);
      this.buttons[Math.min(focused, this.buttons.length - 1)]?.focus();
    }
    this.items.forEach((item, index) => {
      const button = this.buttons[index];
      const text = item.reading ? item.text : "?";
      setText(button, text);
      button.setAttribute("aria-label", item.reading ? TEXT.digit(item.text, item.confidence) : verdictOn(item));
      const mark = this.boxes.children[index];
      const [left, top, width, height] = item.box;
      Object.assign(mark.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` });
      mark.dataset.text = text;
      mark.classList.toggle("rejected", !item.reading);
    });
  }

  build(lines, rejected) {
    this.buttons = [];
    const button = (kind) => {
      const made = element("button", { type: "button", className: kind });
      const index = this.buttons.push(made) - 1;
      made.addEventListener("click", () => {
        const [x, y, width, height] = this.items[index].box;
        this.focusOn([x + width / 2, y + height / 2]);
      });
      return made;
    };
    const made = (count, kind) => Array.from({ length: count }, () => button(kind));
    const rows = lines.map((line) => line.map((digits) => element("span", { className: "number" }, made(digits, "digit"))));
    if (rejected) rows.push([element("span", { className: "number" }, made(rejected, "digit rejected"))]);
    this.numbers.replaceChildren(...rows.map((row) => element("div", { className: "line" }, row)));
    this.boxes.replaceChildren(...this.buttons.map(() => element("span", {})));
    const characters = (line) => line.reduce((sum, digits) => sum + digits + 0.5, -0.5);
    this.numbers.style.setProperty("--characters", Math.max(1, ...lines.map(characters), lines.length ? 0 : rejected));
    this.numbers.style.setProperty("--lines", Math.max(1, rows.length));
  }

  /** Tell screen readers, once the answer has stood for a moment. */
  announce(numbers) {
    clearTimeout(this.announcing);
    this.announcing = setTimeout(() => {
      this.announcement.textContent = numbers.length ? TEXT.announcement(numbers) : "";
    }, ANNOUNCE_AFTER_MS);
  }
}

/** One bar for every class. */
class Bars {
  constructor(list) {
    this.list = list;
    this.labels = [];
  }

  /** Make a bar for each of `labels`, unless they are there already. */
  name(labels) {
    if (labels.join("\n") === this.labels.join("\n")) return;
    this.labels = labels;
    this.list.replaceChildren(
      ...labels.map((label) =>
        element("li", {}, [
          element("b", { textContent: label }),
          element("i", { className: "track" }, [element("i", { className: "fill" })]),
          element("small", {}),
        ]),
      ),
    );
    this.show([]);
  }

  /** Show `probabilities`, one for each label; none leaves every bar empty. */
  show(probabilities) {
    const highest = Math.max(...probabilities);
    [...this.list.children].forEach((bar, index) => {
      const probability = probabilities[index] ?? 0;
      bar.style.setProperty("--probability", probability.toFixed(2));
      bar.classList.toggle("highest", probability === highest);
      setText(bar.lastChild, probabilities.length ? percent(probability) : "");
    });
  }
}

/** The readings in lines: one that begins below the middle of the line so far begins the next. */
function inLines(readings) {
  const lines = [];
  for (const reading of readings) {
    const [, top, , height] = reading.box;
    const last = lines.at(-1)?.at(-1);
    if (last && top < last.box[1] + last.box[3] / 2 && top + height > last.box[1]) lines.at(-1).push(reading);
    else lines.push([reading]);
  }
  return lines;
}

function verdictOn({ reading, reason, text, confidence }) {
  if (!reading) return TEXT.rejected(text, confidence, reason);
  if (reading.digits.length === 1) return TEXT.verdict(text, confidence);
  return TEXT.inNumber(text, confidence, reading.text, reading.confidence);
}

/** Set the text of `node` if it is another: browsers lay out and paint again even for the same. */
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function element(name, properties, children = []) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}
