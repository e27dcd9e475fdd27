// Texts of the tape for a person. They come from strangers: they only ever become text nodes, with what would hide or turn
// other text made visible.

const unseen = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;
const hex = (c) => (c < "\u0100" ? "\\x" + c.charCodeAt(0).toString(16).padStart(2, "0") : "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));

// visible is a text with every character that a reader could not see written as an escape; lines and tabs stay.
const visible = (text) => text.replace(unseen, hex);

// oneLine is visible with line ends and tabs as escapes too, as they matter on the wire.
const oneLine = (text) => visible(text.replace(/[\r\n\t]/g, (c) => ({ "\r": "\\r", "\n": "\\n", "\t": "\\t" })[c]));

// el makes an element; children are elements, or texts that become text nodes, visible whatever they hold.
function el(name, className, ...children) {
  const node = document.createElement(name);
  if (className) node.className = className;
  node.append(...children.filter((c) => c !== null && c !== undefined && c !== "").map((c) => (typeof c === "string" ? visible(c) : c)));
  return node;
}

function bytes(n) {
  if (n < 1000) return n + " B";
  return n < 1e6 ? (n / 1000).toFixed(1) + " kB" : (n / 1e6).toFixed(1) + " MB";
}

function duration(ms) {
  if (ms < 1000) return ms + " ms";
  return ms < 60000 ? (ms / 1000).toFixed(1) + " s" : Math.floor(ms / 60000) + " min " + Math.round((ms % 60000) / 1000) + " s";
}

const plural = (n, one, many = one + "s") => n.toLocaleString("en") + " " + (n === 1 ? one : many);

// timeOf is the time of day of an instant of the tape, which is always UTC with milliseconds.
const timeOf = (at) => (at ?? "").slice(11, 23);

// decoded turns \uXXXX escapes into what they stand for.
const decoded = (text) => (text.includes("\\u") ? text.replace(/\\u([0-9a-f]{4})/gi, (_, code) => String.fromCharCode(parseInt(code, 16))) : text);

// parsed is the value of a JSON object, or null for anything else.
function parsed(text) {
  if (!text || text.trimStart()[0] !== "{") return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

// letterOf splits a packet or event into its letter and what follows.
function letterOf(text) {
  return { letter: text.slice(0, 1), rest: text.slice(1).replace(/^ /, "") };
}

// resultOf is what a recognition result says: its text, or its code and message when it failed; null when it is none.
function resultOf(value) {
  if (value === null || (typeof value.text !== "string" && typeof value.code !== "string")) return null;
  const first = Array.isArray(value.results) ? value.results[0] : null;
  const failed = typeof value.code === "string" && value.code !== "";
  return {
    failed,
    text: failed ? "code " + value.code + (value.message ? ": " + value.message : "") : String(value.text ?? ""),
    confidence: typeof first?.confidence === "number" ? first.confidence : null,
    start: typeof first?.starttime === "number" ? first.starttime : null,
    end: typeof first?.endtime === "number" ? first.endtime : null,
  };
}
