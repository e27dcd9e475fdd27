// How the tape comes here: one request that goes on, begun again where it broke off.

// The token lives as long as the tab, or as the page where the browser keeps nothing.
const token = {
  key: "mockamivoice admin token",
  value: null,
  get() {
    try {
      return this.value ?? sessionStorage.getItem(this.key);
    } catch {
      return this.value;
    }
  },
  set(value) {
    this.value = value;
    try {
      if (value === null) sessionStorage.removeItem(this.key);
      else sessionStorage.setItem(this.key, value);
    } catch {
      // the page knows it
    }
  },
};

// call asks this server, with the token where there is one. It never goes elsewhere.
function call(path, options = {}) {
  const known = token.get();
  const headers = { ...options.headers, ...(known ? { Authorization: "Bearer " + known } : {}) };
  return fetch(path, { ...options, headers, cache: "no-store", credentials: "omit", redirect: "error" });
}

const send = (method, path, body) => call(path, { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

// lines yields the whole lines of a body, as many at a time as have come.
async function* lines(body) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return; // a line without an end is no entry
      const text = decoder.decode(value, { stream: true });
      if (!text.includes("\n")) {
        rest += text;
        continue;
      }
      const whole = (rest + text).split("\n");
      rest = whole.pop();
      yield whole;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

// Feed keeps a Tape up to date. on.state(name), on.entry(dialogue), on.batch(), on.cleared() and on.token() say what happens;
// on.token answers with a promise that holds until there is a token to try.
class Feed {
  constructor(tape, on) {
    Object.assign(this, { tape, on, abort: new AbortController(), failures: 0 });
  }

  async run() {
    for (;;) {
      try {
        await this.follow();
      } catch (err) {
        if (!this.abort.signal.aborted) console.info("tape:", err.message);
      }
      if (this.abort.signal.aborted) {
        this.abort = new AbortController(); // restart asked for it
        continue;
      }
      this.on.state("away");
      this.failures++;
      await new Promise((done) => setTimeout(done, Math.min(5000, 250 * 2 ** this.failures)));
    }
  }

  // restart forgets what is known and reads the tape from its beginning.
  restart() {
    this.clear();
    this.abort.abort();
  }

  clear() {
    this.tape.clear();
    this.on.cleared();
  }

  async open(path) {
    for (;;) {
      const response = await call(path, { signal: this.abort.signal });
      if (response.status !== 401) {
        if (!response.ok) throw new Error("GET " + path + " gave " + response.status);
        return response;
      }
      await response.body?.cancel();
      this.on.state("locked");
      await this.on.token();
    }
  }

  // same asks whether the server still has the tape that is known here: numbers begin again after a reset or a restart.
  async same() {
    const { last, entries, header } = this.tape;
    const response = await this.open("tape?after=" + (last - 1));
    let text = [];
    for await (const some of lines(response.body)) {
      text = text.concat(some);
      if (text.length >= 2) break;
    }
    if (text[0] !== header || !text[1]) return false;
    const e = JSON.parse(text[1]);
    const known = entries[entries.length - 1];
    return e.n >= last && (e.kind === "dropped" || (e.t === known.t && e.kind === known.kind));
  }

  async follow() {
    this.on.state("connecting");
    if (this.tape.last > 0 && !(await this.same())) this.clear();
    const response = await this.open("tape?follow=1&after=" + this.tape.last);
    this.failures = 0;
    this.on.state("live");
    for await (const some of lines(response.body)) {
      for (const line of some) if (line) this.take(line);
      this.on.batch();
    }
  }

  take(line) {
    let value;
    try {
      value = JSON.parse(line);
    } catch {
      return; // a broken line must not end the rest
    }
    if ("tape" in value) {
      if (this.tape.header !== null && this.tape.header !== line) this.clear();
      this.tape.header = line;
      this.on.header(value);
      return;
    }
    if (typeof value.n !== "number") return;
    if (value.n <= this.tape.last) { // the tape was reset
      const header = this.tape.header;
      this.clear();
      this.tape.header = header;
    }
    this.on.entry(this.tape.add(value, line.length), value);
  }
}
