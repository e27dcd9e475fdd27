// The timeline of a dialogue: what the client sent above, what the server said in the middle, what was noted below.

const svgNS = "http://www.w3.org/2000/svg";

function shape(name, className, attributes, title) {
  const node = document.createElementNS(svgNS, name);
  if (className) node.setAttribute("class", className);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (title) {
    const t = document.createElementNS(svgNS, "title");
    t.textContent = title.length > 300 ? title.slice(0, 300) + "…" : title;
    node.append(t);
  }
  return node;
}

const lane = { client: 32, server: 62, note: 75, left: 46, right: 8, density: 24 };

// axisOf is the axis that fits: audio time where it is known, real time where it is more than an instant, or else the order.
function axisOf(d, wanted) {
  if (wanted !== "auto") return wanted === "audio" && d.ms === 0 ? "real" : wanted;
  if (d.packets > 0 && d.ms > 0) return "audio";
  const span = d.entries.length > 0 ? d.entries[d.entries.length - 1].t - d.entries[0].t : 0;
  return span >= 100 ? "real" : "order";
}

// placed gives each entry its place on the axis.
function placed(d, axis) {
  const from = d.entries[0]?.t ?? 0;
  let heard = 0;
  return d.entries.map((e, i) => {
    const x = axis === "order" ? i : axis === "real" ? e.t - from : heard;
    if (e.kind === "ws.command" && e.audio) heard += e.audio.ms;
    return { e, x, to: axis === "audio" ? heard : x };
  });
}

// utterances are the spans from S to E with the text of their A, in the order in which they began.
function utterances(points, axis) {
  const spans = [];
  let ended = 0;
  let told = 0;
  for (const p of points) {
    if (p.e.kind !== "ws.event") continue;
    const { letter, rest } = letterOf(p.e.text ?? "");
    const claimed = axis === "audio" && /^\d+(\.\d+)?$/.test(rest) ? Number(rest) : p.x;
    if (letter === "S") spans.push({ from: claimed, to: null, text: "", n: p.e.n });
    else if (letter === "E" && spans[ended]) spans[ended++].to = claimed;
    else if (letter === "A" && spans[told]) spans[told++].text = resultOf(parsed(rest))?.text ?? "";
  }
  return spans;
}

// drawTimeline draws d into svg and returns the points with their pixels, so that a click can find an entry.
function drawTimeline(svg, d, wanted, marked) {
  const axis = axisOf(d, wanted);
  const width = Math.max(240, svg.clientWidth || 800);
  const points = placed(d, axis);
  const spans = utterances(points, axis);
  const longest = Math.max(1, ...spans.map((s) => s.to ?? s.from), points.reduce((most, p) => Math.max(most, p.to), 0));
  const px = (x) => lane.left + (x / longest) * (width - lane.left - lane.right);
  svg.setAttribute("viewBox", `0 0 ${width} 92`);
  const shapes = [];
  for (const [name, y] of Object.entries({ client: lane.client, server: lane.server, notes: lane.note + 6 })) {
    shapes.push(shape("line", "lane", { x1: lane.left, x2: width - lane.right, y1: y, y2: y }));
    const label = shape("text", "", { x: 5, y: y - (name === "notes" ? 0 : 3) });
    label.textContent = name;
    shapes.push(label);
  }
  shapes.push(packetsShape(points, px), ...spanShapes(spans, longest, px), ...markShapes(points, px, marked));
  svg.replaceChildren(...shapes.filter(Boolean));
  const said = spans.map((s) => s.text).filter(Boolean).join(" / ");
  svg.setAttribute("aria-label", `Timeline: ${plural(d.packets, "packet")}, ${plural(spans.length, "utterance")}${said ? ": " + said.slice(0, 500) : ""}`);
  for (const p of points) p.px = px(p.x);
  return { points, axis, longest };
}

// packetsShape is one path for all packets: bars as high as the bytes that came there.
function packetsShape(points, px) {
  const bars = new Map();
  let most = 1;
  for (const p of points) {
    if (p.e.kind !== "ws.command" || !p.e.audio) continue;
    const from = px(p.x) / 3;
    const to = Math.max(from + 0.01, px(p.to) / 3);
    for (let bar = Math.floor(from); bar < to; bar++) {
      const share = (Math.min(bar + 1, to) - Math.max(bar, from)) / (to - from); // of this packet
      bars.set(bar, (bars.get(bar) ?? 0) + p.e.audio.bytes * share);
      most = Math.max(most, bars.get(bar));
    }
  }
  if (bars.size === 0) return null;
  const path = [...bars].map(([bar, sum]) => {
    const h = Math.max(2, (sum / most) * lane.density);
    return `M${bar * 3} ${lane.client}v${-h.toFixed(1)}h2.4v${h.toFixed(1)}z`;
  });
  return shape("path", "packets", { d: path.join("") });
}

function spanShapes(spans, longest, px) {
  return spans.slice(-400).flatMap((s) => {
    const from = px(s.from);
    const wide = Math.max(3, px(s.to ?? longest) - from);
    const box = shape("rect", "span" + (s.to === null ? " open" : ""), { x: from, y: lane.server - 20, width: wide, height: 17, rx: 3, "data-n": s.n }, oneLine(s.text || "utterance"));
    const room = Math.floor((wide - 8) / 11.5);
    if (!s.text || room < 2) return [box];
    const text = shape("text", "said", { x: from + 4, y: lane.server - 8 }, oneLine(s.text));
    text.prepend(oneLine(s.text.length > room ? s.text.slice(0, room - 1) + "…" : s.text));
    return [box, text];
  });
}

// markShapes are the rest, at most one of a kind for each pixel.
function markShapes(points, px, marked) {
  const seen = new Set();
  const shapes = [];
  for (const p of points) {
    const x = px(p.x);
    const level = marked.get(p.e.n);
    const mark = markOf(p.e, x);
    if (level) shapes.push(shape("path", "finding-" + level, { d: `M${x - 4} 2h8l-4 6z` }, "finding: " + level));
    if (!mark) continue;
    const place = mark[0] + mark[1] + Math.round(x);
    if (seen.has(place)) continue;
    seen.add(place);
    shapes.push(shape(...mark, p.e.kind + " " + oneLine((p.e.text ?? p.e.method ?? String(p.e.status ?? "")).slice(0, 200))));
  }
  return shapes;
}

function markOf(e, x) {
  const dot = (className, y) => ["circle", className, { cx: x, cy: y, r: 3.2 }];
  const diamond = (className) => ["path", className, { d: `M${x} ${lane.note}l5 6l-5 6l-5 -6z` }];
  switch (e.kind) {
    case "ws.command":
      return e.audio ? null : dot("client", lane.client);
    case "http.request":
    case "ws.handshake":
      return dot("client", lane.client);
    case "http.response":
      return dot(e.status >= 400 ? "bad" : "server", lane.server);
    case "ws.event": {
      const { letter, rest } = letterOf(e.text ?? "");
      if (letter === "U") return ["path", "interim", { d: `M${x} ${lane.server}v5` }];
      return "SECG".includes(letter) ? null : dot("spe".includes(letter) && rest ? "bad" : "server", lane.server);
    }
    case "fault":
      return diamond("fault");
    case "tolerance":
      return diamond("tolerance");
    case "key.refused":
      return diamond("bad");
    case "clock":
    case "conn.close":
      return ["path", "note", { d: `M${x} ${lane.note}v12` }];
    default:
      return null;
  }
}
