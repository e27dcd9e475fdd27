// One line of a dialogue.

const longText = 2000; // characters of a text that are shown at once

// textOf shows a text as it went over the wire; a long one ends in a button for the rest.
function textOf(text, className = "text") {
  const node = el("span", className, oneLine(text.slice(0, longText)));
  if (text.length <= longText) return node;
  const more = el("button", "", "… all " + plural(text.length, "character"));
  more.type = "button";
  more.addEventListener("click", () => node.replaceChildren(oneLine(text)), { once: true });
  node.append(more);
  return node;
}

// folded is a part that is made when somebody opens it.
function folded(label, fill) {
  const node = el("details", "", el("summary", "", label));
  node.addEventListener("toggle", () => node.append(...fill()), { once: true });
  return node;
}

function jsonOf(raw) {
  return folded("JSON", () => {
    const value = parsed(raw);
    return [value === null ? null : el("pre", "", visible(JSON.stringify(value, null, 1))), el("span", "measure", "as sent"), el("pre", "", oneLine(raw))].filter(Boolean);
  });
}

const chip = (name, label = name) => el("span", "chip " + name.replace(/[^a-z.]/g, ""), oneLine(label));
const measure = (...parts) => el("span", "measure", parts.filter(Boolean).join(" · "));

function audioOf(audio) {
  const first = (audio.first ?? "").slice(0, 16).replace(/../g, "$& ").trim();
  return measure(bytes(audio.bytes), audio.ms > 0 ? duration(audio.ms) : "", first ? "begins " + first : "");
}

// frameOf says what is not usual about the frames of a message.
function frameOf(e) {
  if (!e.frame) return null;
  const odd = [];
  if (e.frame.frames > 1) odd.push(e.frame.frames + " frames");
  if (e.kind === "ws.event" && e.frame.opcode !== 1) odd.push("binary");
  if ((e.dir === "in") !== e.frame.masked) odd.push(e.frame.masked ? "masked" : "unmasked");
  return odd.length > 0 ? chip("odd", odd.join(", ")) : null;
}

// resultNodes show what a result says in front of the JSON that says it.
function resultNodes(raw) {
  const result = resultOf(parsed(raw));
  if (result === null) return [raw ? textOf(raw) : null];
  const times = result.start === null ? "" : result.start + "–" + result.end + " ms";
  return [textOf(result.text || "(no text)", "said"), measure(times, result.confidence === null ? "" : "confidence " + result.confidence), jsonOf(raw)];
}

function headersOf(e) {
  if (!e.headers?.length) return null;
  return folded(plural(e.headers.length, "header"), () => [el("pre", "", e.headers.map(([name, value]) => oneLine(name + ": " + value)).join("\n"))]);
}

function partsOf(e) {
  return (e.parts ?? []).flatMap((p) => {
    const value = p.value ? "=" + p.value : "";
    return [textOf(p.name + value), p.value ? null : measure([p.filename, p.type, bytes(p.size)].filter((x) => x !== undefined && x !== "").map((x) => oneLine(String(x))).join(", "))];
  });
}

const controls = { __proto__: null, 8: "close", 9: "ping", 10: "pong" };

function requestNodes(e) {
  return [el("b", "", oneLine(e.method ?? "")), textOf(e.target ?? ""), e.kind === "ws.handshake" ? measure("WebSocket") : null, ...partsOf(e),
    e.audio ? audioOf(e.audio) : null, e.body ? textOf(e.body) : null, headersOf(e)];
}

function messageNodes(e) {
  const { letter, rest } = letterOf(e.text ?? "");
  const nodes = [letter ? el("span", "letter", oneLine(letter)) : measure("no letter")];
  if ("UA".includes(letter) && letter && rest) nodes.push(...resultNodes(rest));
  else if (rest) nodes.push(textOf(rest));
  if (e.audio) nodes.push(audioOf(e.audio));
  nodes.push(frameOf(e));
  return nodes;
}

const kinds = {
  __proto__: null,
  "conn.open": (e) => [measure("opened from " + oneLine(e.remote ?? "?"))],
  "conn.close": (e) => [measure("closed: " + oneLine([e.how, e.code, e.text].filter(Boolean).join(", ")))],
  "http.request": requestNodes,
  "ws.handshake": requestNodes,
  "http.response": (e) => [el("b", "", String(e.status)), ...resultNodes(e.body ?? ""), headersOf(e)],
  "ws.command": messageNodes,
  "ws.event": messageNodes,
  "ws.control": (e) => [el("b", "", controls[e.frame?.opcode] ?? "control"), measure(bytes(e.frame?.size ?? 0)), e.text ? textOf(e.text) : null, frameOf(e)],
  "key.issued": (e) => [chip("issued", "key issued"), textOf(e.key ?? ""), measure(oneLine(e.text ?? ""), "until " + (e.expires || "for ever"), e.scenario && "scenario " + oneLine(e.scenario))],
  "key.refused": (e) => [chip("bad", "key refused"), textOf(e.text ?? "", "reason")],
  fault: (e) => [chip("fault"), textOf(e.text ?? ""), e.scenario ? measure("scenario " + oneLine(e.scenario)) : null],
  tolerance: (e) => [chip("tolerance", "tolerated"), textOf(e.text ?? "", "reason")],
  dropped: (e) => [chip("dropped"), measure(plural(e.count ?? 0, "older entry", "older entries") + " had left the tape")],
};

// runNodes show packets that came one behind the other.
function runNodes(run) {
  const first = run[0];
  if (run.length === 1) return messageNodes(first);
  const sum = (field) => run.reduce((n, e) => n + e.audio[field], 0);
  const took = run[run.length - 1].t - first.t;
  return [el("span", "letter", "p"), el("b", "", "×" + run.length), measure(bytes(sum("bytes")), sum("ms") > 0 ? duration(sum("ms")) + " of audio" : "", "in " + duration(took)), frameOf(first),
    folded("each", () => [el("pre", "", run.slice(-longText).map((e) => `${e.n}  +${((e.t - first.t) / 1000).toFixed(3)}  ${e.audio.bytes} B${e.audio.ms ? "  " + e.audio.ms + " ms" : ""}  ${e.audio.first ?? ""}`).join("\n"))])];
}

function findingNode(f) {
  const level = levelOf(f);
  const node = el("div", "finding " + level, el("div", "", chip(level), " ", el("code", "", oneLine(f.law ?? "")), " ", f.basis ? measure(f.basis) : null, " ", el("b", "", oneLine(f.title ?? ""))));
  node.setAttribute("role", "note");
  if (f.text) node.append(el("p", "", oneLine(f.text)));
  const more = () => [["Why: ", f.why], ["Fix: ", f.fix], ["Known from: ", f.source], ["Entries: ", f.entries?.length > 1 && f.entries.join(", ")]]
    .filter(([, text]) => text).map(([label, text]) => el("p", "", el("span", "label", label), oneLine(text)));
  node.append(...(level === "info" ? [folded("why and fix", more)] : more()));
  return node;
}

const arrows = { __proto__: null, in: ["→", "client"], out: ["←", "server"], note: ["·", "note"] };

// bad says that the service refused something here.
function bad(e) {
  if (e.kind === "http.response") return e.status >= 400 || (resultOf(parsed(e.body))?.failed ?? false);
  if (e.kind !== "ws.event") return false;
  const { letter, rest } = letterOf(e.text ?? "");
  return ("spe".includes(letter) && rest !== "") || (letter === "A" && (resultOf(parsed(rest))?.failed ?? true));
}

// lineNode is the line of a run of entries; before is the instant of the line above.
function lineNode(run, view) {
  const e = run[0];
  const arrow = el("span", "arrow", arrows[e.dir]?.[0] ?? "·");
  arrow.setAttribute("aria-hidden", "true");
  const what = el("div", "what", el("span", "sr", (arrows[e.dir]?.[1] ?? "note") + ": "),
    ...(e.kind === "ws.command" && isPacket(e) ? runNodes(run) : (kinds[e.kind] ?? ((x) => [chip(x.kind), textOf(x.text ?? "", "reason")]))(e)),
    ["inferred", "assumed"].includes(e.basis) ? chip(e.basis) : null);
  for (const f of view.tape.at.get(e.n) ?? []) what.append(findingNode(f));
  const time = timeOf(e.at);
  const at = el("span", "at", time === view.before ? "" : time);
  view.before = time;
  const classes = ["line", e.dir, e.kind.replace(".", "-"), bad(e) && "bad", view.tape.marked.get(e.n)].filter(Boolean);
  const node = el("li", classes.join(" "), el("span", "n", String(e.n)), el("span", "t", "+" + ((e.t - view.d.first.t) / 1000).toFixed(3)), at, arrow, what);
  node.dataset.n = e.n;
  node.title = "entry " + e.n + ", " + e.kind + ", " + e.at;
  return node;
}

// isPacket tells packets that are worth a line only together.
const isPacket = (e) => e.kind === "ws.command" && e.text === "p" && e.audio !== undefined;
