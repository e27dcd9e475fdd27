// The list of dialogues, newest first.

const listCap = 300;

class ListView {
  constructor(tape, nodes, chosen) {
    Object.assign(this, { tape, nodes, onChosen: chosen, items: new Map(), dirty: new Set(), words: [], only: false, cap: listCap, chosen: null, stale: false });
    nodes.list.addEventListener("click", (event) => {
      const item = event.target.closest(".item");
      if (item) this.onChosen(this.tape.dialogues.get(Number(item.dataset.conn)), true);
    });
    nodes.older.addEventListener("click", () => {
      this.cap = Infinity;
      this.stale = true;
      this.update();
    });
  }

  filter(text, only) {
    this.words = text.toLowerCase().split(/\s+/).filter(Boolean);
    this.only = only;
    for (const d of this.tape.dialogues.values()) this.search(d, d.entries, true);
    this.stale = true;
    this.update();
  }

  // search looks for the words in entries that were not looked at yet. A dialogue fits when each word is somewhere in it.
  search(d, entries, anew) {
    if (anew || d.unmet === null) d.unmet = [...this.words];
    if (d.unmet.length === 0) return;
    d.unmet = d.unmet.filter((word) => !hay(d).includes(word));
    for (const e of entries) {
      if (d.unmet.length === 0) return;
      const text = hayOf(e);
      d.unmet = d.unmet.filter((word) => !text.includes(word));
    }
  }

  fits(d) {
    return (d.unmet === null || d.unmet.length === 0) && (!this.only || d.findings.length > 0);
  }

  touch(d, e) {
    if (this.words.length > 0) this.search(d, [e], false);
    this.dirty.add(d);
  }

  clear() {
    this.items.clear();
    this.dirty.clear();
    this.chosen = null;
    this.cap = listCap;
    this.nodes.list.replaceChildren();
    this.stale = true;
  }

  // visible are the dialogues that fit, newest first.
  visible() {
    return [...this.tape.dialogues.values()].filter((d) => this.fits(d)).sort((a, b) => b.first.n - a.first.n);
  }

  update() {
    const fitting = this.visible();
    const shown = fitting.slice(0, this.cap);
    if (this.stale) {
      this.stale = false;
      this.items = new Map(shown.map((d) => [d.conn, this.item(d)]));
      this.nodes.list.replaceChildren(...this.items.values());
    } else {
      this.merge(shown);
    }
    this.dirty.clear();
    this.nodes.older.hidden = fitting.length <= shown.length;
    this.nodes.older.textContent = "Show " + (fitting.length - shown.length).toLocaleString("en") + " older ones";
    this.nodes.shown.textContent = fitting.length.toLocaleString("en") + " of " + plural(this.tape.dialogues.size, "dialogue");
    this.mark();
  }

  // merge makes the list what shown says, touching only what changed. Order never changes among those that stay.
  merge(shown) {
    const wanted = new Set(shown.map((d) => d.conn));
    for (const [conn, node] of this.items) {
      if (wanted.has(conn)) continue;
      node.remove();
      this.items.delete(conn);
    }
    let next = this.nodes.list.firstElementChild;
    for (const d of shown) {
      let node = this.items.get(d.conn);
      if (!node || this.dirty.has(d)) {
        const fresh = this.item(d);
        if (node === next) next = node?.nextElementSibling ?? null;
        if (node) node.replaceWith(fresh);
        else this.nodes.list.insertBefore(fresh, next);
        this.items.set(d.conn, fresh);
      } else {
        next = node.nextElementSibling;
      }
    }
  }

  item(d) {
    const found = ["must", "should", "info"].map((level) => [level, d.findings.filter((f) => (f.level ?? "info") === level).length]).filter(([, n]) => n > 0);
    const name = el("span", "name", oneLine(d.title || "connection " + d.conn).slice(0, 200));
    const node = el("li", "item",
      el("div", "", d.surface ? chip(d.surface) : null, name, el("span", "when", timeOf(d.first.at))),
      el("div", "", el("span", "answer" + (d.bad ? " bad" : ""), oneLine((d.answer || d.closed).slice(0, 200)))),
      el("div", "meta", ...[
        d.conn ? "#" + d.conn : null,
        d.keys.size > 0 ? oneLine([...d.keys][0]) + (d.keys.size > 1 ? " +" + (d.keys.size - 1) : "") : null,
        d.packets ? "p ×" + d.packets : null,
        d.requests > 1 ? plural(d.requests, "request") : null,
        ...found.map(([level, n]) => chip(level, n + " " + level)),
        d.refused ? chip("bad", "refused") : null,
        d.faults ? chip("fault", plural(d.faults, "fault")) : null,
        d.tolerances ? chip("tolerance", d.tolerances + " tolerated") : null,
        d.open ? chip("open") : null,
      ].filter(Boolean).map((x) => (typeof x === "string" ? el("span", "", x) : x))));
    node.id = "dialogue-" + d.conn;
    node.dataset.conn = d.conn;
    node.setAttribute("role", "option");
    return node;
  }

  // mark shows which one is chosen.
  mark() {
    for (const node of this.nodes.list.querySelectorAll("[aria-selected=true]")) node.removeAttribute("aria-selected");
    const node = this.chosen === null ? null : this.items.get(this.chosen);
    node?.setAttribute("aria-selected", "true");
    if (node) this.nodes.list.setAttribute("aria-activedescendant", node.id);
    else this.nodes.list.removeAttribute("aria-activedescendant");
    return node;
  }

  // step is the dialogue that lies so many below the chosen one.
  step(by) {
    const fitting = this.visible().slice(0, this.cap);
    const at = fitting.findIndex((d) => d.conn === this.chosen);
    return fitting[at < 0 ? 0 : Math.min(fitting.length - 1, Math.max(0, at + by))];
  }
}

const hay = (d) => [d.surface, d.title, "#" + d.conn, ...d.findings.map((f) => f.law + " " + f.level)].join(" ").toLowerCase();

// hayOf is what the filter looks at in an entry.
function hayOf(e) {
  return decoded([e.key, e.surface, e.kind, e.text, e.method, e.target, e.status, e.body, e.scenario, e.basis, e.remote,
    ...(e.parts ?? []).map((p) => p.name + "=" + (p.value ?? p.filename ?? "")), ...(e.headers ?? []).map((h) => h.join(": "))].filter(Boolean).join("\n")).toLowerCase();
}
