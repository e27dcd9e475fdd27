// The chosen dialogue: its lines, of which the newest stand on the page, and what is known about it as a whole.

const lineCap = 2000;

class DialogueView {
  constructor(tape, nodes) {
    Object.assign(this, { tape, nodes, d: null, runs: [], from: 0, all: false, seen: 0, taken: 0, before: "", axis: "auto", points: [] });
    nodes.earlier.addEventListener("click", () => {
      this.all = true;
      this.render();
    });
    nodes.svg.addEventListener("click", (event) => this.jump(event.clientX - nodes.svg.getBoundingClientRect().left));
    new ResizeObserver(() => this.draw()).observe(nodes.svg);
  }

  show(d) {
    if (d !== this.d) {
      this.all = false;
      this.nodes.scroll.scrollTop = 0;
    }
    this.d = d;
    this.nodes.section.hidden = d === null;
    if (d !== null) this.render();
  }

  // render makes everything anew.
  render() {
    const kept = this.nodes.scroll.scrollTop;
    const end = this.atEnd();
    Object.assign(this, { runs: [], seen: 0, taken: 0, before: "" });
    this.take();
    this.from = this.all ? 0 : Math.max(0, this.runs.length - lineCap);
    this.nodes.lines.replaceChildren(...this.runs.slice(this.from).map((run) => lineNode(run, this)));
    this.nodes.scroll.scrollTop = end && this.d.open && kept > 0 ? this.nodes.scroll.scrollHeight : kept;
    this.frame();
  }

  // update adds what came since.
  update() {
    if (this.d === null) return;
    const end = this.atEnd();
    const known = this.runs.length;
    const grown = this.take();
    if (grown && known > this.from) this.regrow(this.runs[known - 1]);
    if (!this.all && this.runs.length - lineCap > this.from) {
      const gone = this.runs.length - lineCap - this.from;
      this.from += gone;
      for (let i = 0; i < gone && this.nodes.lines.firstElementChild; i++) this.nodes.lines.firstElementChild.remove();
    }
    this.nodes.lines.append(...this.runs.slice(Math.max(known, this.from)).map((run) => lineNode(run, this)));
    if (end) this.nodes.scroll.scrollTop = this.nodes.scroll.scrollHeight;
    this.frame();
  }

  // regrow makes the last line anew; what was open stays open.
  regrow(run) {
    const old = this.nodes.lines.lastElementChild;
    const node = lineNode(run, this);
    const part = node.querySelector("details");
    if (part && old.querySelector("details")?.open) part.open = true;
    old.replaceWith(node);
  }

  atEnd() {
    const s = this.nodes.scroll;
    return s.scrollHeight - s.scrollTop - s.clientHeight < 30;
  }

  // take puts new entries into runs, and says whether the last run that was there has grown. The clock moves for every dialogue.
  take() {
    const { d, tape } = this;
    const fresh = d.entries.slice(this.taken);
    this.taken = d.entries.length;
    const last = d.entries[d.entries.length - 1]?.n ?? 0;
    for (let i = tape.clocks.length - 1; i >= 0 && tape.clocks[i].n > this.seen && d.conn !== 0; i--) {
      const n = tape.clocks[i].n;
      if (n > d.first.n && (d.open || n < last)) fresh.push(tape.clocks[i]);
    }
    this.seen = tape.last;
    fresh.sort((a, b) => a.n - b.n);
    const known = this.runs.length;
    let grown = false;
    for (const e of fresh) {
      const run = this.runs[this.runs.length - 1];
      if (run && this.joins(run[0], e)) {
        run.push(e);
        grown ||= this.runs.length === known;
      } else {
        this.runs.push([e]);
      }
    }
    return grown;
  }

  joins(a, b) {
    return isPacket(a) && isPacket(b) && !this.tape.marked.has(a.n) && !this.tape.marked.has(b.n) && a.frame?.frames === b.frame?.frames && a.frame?.masked === b.frame?.masked;
  }

  // frame shows what stands around the lines.
  frame() {
    const { d, nodes } = this;
    nodes.title.textContent = oneLine(d.title || "connection " + d.conn).slice(0, 500);
    nodes.facts.replaceChildren(...[
      d.surface ? chip(d.surface) : null,
      d.conn ? "connection " + d.conn : null,
      ...[...d.keys].slice(0, 3).map((key) => el("span", "", "key ", el("code", "", oneLine(key)))),
      d.remote ? "from " + oneLine(d.remote) : null,
      d.packets ? [plural(d.packets, "packet"), bytes(d.bytes), d.ms ? duration(d.ms) : ""].filter(Boolean).join(", ") : null,
      "took " + duration(d.lastT - d.first.t),
      d.conn === 0 ? null : d.open ? chip("open") : "closed: " + oneLine(d.closed),
      d.forgotten ? chip("dropped", plural(d.forgotten, "older line") + " left this page") : null,
    ].filter(Boolean).map((x) => (typeof x === "string" ? el("span", "", x) : x)));
    const kept = new Set(d.entries.map((e) => e.n));
    nodes.loose.replaceChildren(...d.findings.filter((f) => !kept.has(f.entries?.[0])).map(findingNode));
    nodes.earlier.hidden = this.from === 0;
    nodes.earlier.textContent = "Show all " + plural(this.runs.length, "line") + "; these are the newest " + lineCap.toLocaleString("en");
    this.draw();
  }

  draw() {
    if (this.d === null || this.d.entries.length === 0) return;
    const { points, axis, longest } = drawTimeline(this.nodes.svg, this.d, this.axis, this.tape.marked);
    this.points = points;
    this.nodes.scale.textContent = axis === "order" ? plural(points.length, "entry", "entries") : duration(Math.round(longest)) + (axis === "audio" ? " of audio" : "");
  }

  // jump shows the line of the entry that is nearest to a place on the timeline.
  jump(x) {
    const near = this.points.reduce((best, p) => (best === null || Math.abs(p.px - x) < Math.abs(best.px - x) ? p : best), null);
    const run = this.runs.findIndex((r) => r[0].n <= (near?.e.n ?? -1) && r[r.length - 1].n >= near.e.n);
    const node = this.nodes.lines.children[run - this.from];
    if (!node) return;
    for (const other of this.nodes.lines.querySelectorAll(".at-cursor")) other.classList.remove("at-cursor");
    node.classList.add("at-cursor");
    node.scrollIntoView({ block: "center" });
  }
}
