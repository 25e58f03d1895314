"use strict";

/** Every text of the page, in English; another language is another object of the same shape. */
const TEXT = {
  paper: "Paper",
  canvas: "Drawing area: draw digits with a pen, a finger or the mouse",
  hint: "Draw a digit, or a whole number",
  clear: "Clear",
  answer: "What is read",
  bars: "Confidence of every class",
  cameraReads: "The camera reads:",
  cameraSeesNothing: "nothing yet",

  source: (source, why) => (why ? `${source} – ${why}` : source),
  untold: (sink) => `${sink.name} is not told: ${sink.error} (${sink.waiting} waiting)`,
  rate: (framesPerSecond) => `${framesPerSecond.toFixed(1)} frames/s`,

  waiting: "Nothing drawn yet",
  nothingFound: "No digit found yet",
  digit: (text, confidence) => `${text}, ${percent(confidence)} sure`,
  verdict: (text, confidence) => `${text} – ${percent(confidence)} sure`,
  inNumber: (text, confidence, number, whole) =>
    `${text} – ${percent(confidence)} sure · ${number} – ${percent(whole)}`,
  rejected: (text, confidence, reason) =>
    text && reason === "unsure"
      ? `Not sure. Perhaps ${text}, with ${percent(confidence)}`
      : TEXT.reasons[reason] ?? reason.replaceAll("_", " "),
  reasons: {
    too_small: "Too small to read",
    clipped: "Cut off by the edge",
    blurred: "Too blurred to read",
    not_a_digit: "Not a digit",
    unsure: "Not sure what this is",
  },
  announcement: (numbers) => `Read: ${numbers.join(", ")}`,

  notConnected: "Not connected, trying again…",
  refused: (problem) => `This cannot be read: ${problem}`,
};

/** A confidence for people: never a full 100 %, which nothing read by a machine deserves. */
function percent(confidence) {
  return `${Math.min(99, Math.round(100 * confidence))} %`;
}
