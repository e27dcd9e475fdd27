// What the page knows of the tape: entries in dialogues, one a connection. It is bounded, as the tape itself is.

const keep = { entries: 20000, chars: 32 << 20, slack: 1000 };

// Dialogue is what happened on one connection; number 0 has what happened on none.
class Dialogue {
  constructor(conn) {
    Object.assign(this, {
      conn, entries: [], forgotten: 0, surface: "", keys: new Set(), title: "", answer: "", bad: false, refused: "", closed: "", remote: "",
      requests: 0, packets: 0, bytes: 0, ms: 0, faults: 0, tolerances: 0, first: null, lastT: 0, unmet: null, findings: [],
    });
  }

  add(e) {
    this.entries.push(e);
    this.first ??= { n: e.n, at: e.at, t: e.t };
    this.lastT = e.t;
    this.surface ||= e.surface ?? "";
    if (e.key) this.keys.add(e.key);
    const learn = Dialogue.learns[e.kind];
    if (learn) learn(this, e);
  }

  says(answer, bad) {
    this.answer = answer;
    this.bad = bad;
  }

  static learns = {
    __proto__: null,
    "conn.open": (d, e) => { d.remote = e.remote ?? ""; },
    "conn.close": (d, e) => {
      d.closed = [e.how, e.code, e.text].filter(Boolean).join(", ") || "closed";
      if (e.how === "rst" || d.answer === "" || d.answer === "started") d.says("closed: " + d.closed, e.how === "rst");
    },
    "http.request": (d, e) => {
      d.requests++;
      d.title ||= e.method + " " + e.target;
      if (e.audio) { d.bytes += e.audio.bytes; d.ms += e.audio.ms; }
    },
    "http.response": (d, e) => {
      const result = resultOf(parsed(e.body));
      if (e.surface === "issue" && e.status === 200 && !result) d.says(e.body ? "key " + [...d.keys].at(-1) : "200, empty", !e.body);
      else d.says(e.status + (result ? " " + result.text : ""), e.status >= 400 || (result?.failed ?? false));
    },
    "ws.handshake": (d, e) => { d.title ||= e.method + " " + e.target; },
    "ws.command": (d, e) => {
      if (e.audio) { d.packets += e.text === "p" ? 1 : 0; d.bytes += e.audio.bytes; d.ms += e.audio.ms; }
      if (e.text?.startsWith("s ") && !d.started) {
        d.started = true;
        d.title = e.text.replace(/\s*authorization=\S+/, "");
      }
    },
    "ws.event": (d, e) => {
      const { letter, rest } = letterOf(e.text ?? "");
      const result = letter === "A" ? resultOf(parsed(rest)) : null;
      if (letter === "A") d.says(result === null ? rest : result.text || "(no text)", result?.failed ?? true);
      else if ("spe".includes(letter) && rest) d.says(e.text, true);
      else if (letter === "s" && !d.answer) d.says("started", false);
    },
    "key.issued": (d, e) => d.says("key " + e.key, false),
    "key.refused": (d, e) => { d.refused = e.text ?? "key refused"; },
    fault: (d) => { d.faults++; },
    tolerance: (d) => { d.tolerances++; },
    clock: (d, e) => { if (d.conn === 0) d.says("clock at " + timeOf(e.at), false); },
  };

  get open() { return this.conn > 0 && !this.closed; }
}

const levels = ["must", "should", "info"]; // the gravest first
const levelOf = (f) => (levels.includes(f.level) ? f.level : "info");
const graver = (a, b) => a !== undefined && levels.indexOf(a) <= levels.indexOf(b);

class Tape {
  constructor() { this.clear(); }

  clear() {
    Object.assign(this, { header: null, entries: [], chars: 0, last: 0, missing: 0, forgotten: 0, dialogues: new Map(), clocks: [] });
    this.judged([]);
  }

  // add takes the next entry, which came as so many characters, and returns its dialogue. Old entries go when there are too many.
  add(e, chars) {
    this.last = e.n;
    e.size = chars;
    if (e.kind === "dropped") this.missing += e.count ?? 0;
    if (e.kind === "clock") this.clocks.push(e);
    const conn = e.conn ?? 0;
    let d = this.dialogues.get(conn);
    if (!d) this.dialogues.set(conn, (d = new Dialogue(conn)));
    if (conn === 0) d.title = "Outside of connections";
    d.add(e);
    this.entries.push(e);
    this.chars += chars;
    return d;
  }

  // forget drops the oldest entries where there are too many, and returns the dialogues that lost some. Those without any left go.
  forget() {
    if (this.entries.length <= keep.entries + keep.slack && this.chars <= keep.chars) return [];
    let gone = Math.max(0, this.entries.length - keep.entries);
    let chars = this.chars;
    for (let i = 0; i < this.entries.length - 1 && (i < gone || chars > keep.chars * 0.9); i++) {
      chars -= this.entries[i].size;
      gone = Math.max(gone, i + 1);
    }
    const lost = new Map();
    for (const e of this.entries.splice(0, gone)) lost.set(e.conn ?? 0, (lost.get(e.conn ?? 0) ?? 0) + 1);
    this.chars = chars;
    this.forgotten += gone;
    this.clocks = this.clocks.filter((e) => e.n >= this.entries[0].n);
    return [...lost].map(([conn, n]) => {
      const d = this.dialogues.get(conn);
      d.entries.splice(0, n);
      d.forgotten += n;
      if (d.entries.length === 0) this.dialogues.delete(conn);
      return d;
    });
  }

  // judged takes the findings of a verdict.
  judged(findings) {
    this.findings = findings;
    this.at = new Map(); // findings by the entry that they are about first
    this.marked = new Map(); // by entry, the gravest level of a finding about it
    const conns = new Map();
    for (const f of findings) {
      const entries = Array.isArray(f.entries) ? f.entries : [];
      if (entries.length > 0) this.at.set(entries[0], [...(this.at.get(entries[0]) ?? []), f]);
      for (const n of entries) if (!graver(this.marked.get(n), levelOf(f))) this.marked.set(n, levelOf(f));
      conns.set(f.conn ?? 0, [...(conns.get(f.conn ?? 0) ?? []), f]);
    }
    for (const d of this.dialogues?.values() ?? []) d.findings = conns.get(d.conn) ?? [];
    this.byConn = conns;
  }
}
