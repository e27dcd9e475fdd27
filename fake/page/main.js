// The page: who is told what, when.

const $ = (id) => document.getElementById(id);
const tape = new Tape();
const view = new DialogueView(tape, { section: $("dialogue"), title: $("title"), facts: $("facts"), svg: $("timeline"), scale: $("scale"), loose: $("loose"), scroll: $("scroll"), earlier: $("earlier"), lines: $("lines") });
const list = new ListView(tape, { list: $("list"), older: $("older"), shown: $("shown") }, choose);
const page = { drawn: false, verdict: true, scenario: true, status: "", findings: "[]", asked: false, again: false, following: true, wanted: Number((location.hash.match(/^#conn=(\d+)$/) ?? [])[1] ?? NaN) };

// choose shows a dialogue; by hand, the page stops following the newest.
function choose(d, byHand) {
  if (!d) return;
  if (byHand) {
    $("newest").checked = page.following = false;
    history.replaceState(null, "", "#conn=" + d.conn);
  }
  list.chosen = d.conn;
  const node = list.mark();
  if (byHand) node?.scrollIntoView({ block: "nearest" });
  view.show(d);
  $("none").hidden = true;
}

// draw brings the page up to date, once a frame however much came.
function draw() {
  if (page.drawn) return;
  page.drawn = true;
  requestAnimationFrame(() => {
    page.drawn = false;
    list.update();
    $("empty").hidden = tape.dialogues.size > 0 || !$("login").hidden;
    const chosen = tape.dialogues.get(list.chosen);
    if (!chosen) view.show(null);
    if (tape.dialogues.has(page.wanted)) {
      choose(tape.dialogues.get(page.wanted), true);
      page.wanted = NaN;
    } else if (page.following) {
      const newest = list.visible().find((d) => d.conn !== 0) ?? list.visible()[0];
      if (newest && newest !== view.d) choose(newest, false);
    }
    view.update();
    $("none").hidden = view.d !== null || tape.dialogues.size === 0;
    about();
  });
}

function about() {
  const header = tape.header === null ? {} : JSON.parse(tape.header);
  const must = tape.findings.filter((f) => f.level === "must").length;
  const should = tape.findings.filter((f) => f.level === "should").length;
  const facts = [
    ["recorded by", [header.tool, header.recorder && "(" + header.recorder + ")"].filter(Boolean).join(" ")], ["seed", header.seed], ["scenario", page.library ? "" : page.playing || header.scenario],
    ["clock from", (header.clock_start ?? "").replace("T", " ").slice(0, 19)],
    ["verdict", page.status, must > 0 ? "must" : should > 0 ? "should" : ""],
    ["findings", page.status && [must && must + " must", should && should + " should", tape.findings.length - must - should && tape.findings.length - must - should + " info"].filter(Boolean).join(", ")],
    ["older entries", [tape.missing && tape.missing.toLocaleString("en") + " had left the tape", tape.forgotten && tape.forgotten.toLocaleString("en") + " left this page"].filter(Boolean).join(", ")],
  ];
  $("about").replaceChildren(...facts.filter(([, value]) => value !== undefined && value !== "" && value !== 0).map(([name, value, className]) => el("div", "", el("dt", "", name), el("dd", className ?? "", oneLine(String(value))))));
  if (tape.forgotten) $("about").lastElementChild.id = "forgotten";
}

// refresh asks for the verdict, the scenario and the clock: after something came, at most once a second, and less often where
// answers take long.
function refresh() {
  if (page.asked) {
    page.again = true;
    return;
  }
  page.asked = true;
  const since = performance.now();
  Promise.allSettled([askVerdict(), askScenario(), askClock()]).then(() => setTimeout(() => {
    page.asked = false;
    if (!page.again) return;
    page.again = false;
    refresh();
  }, Math.max(1000, 4 * (performance.now() - since))));
  draw();
}

// optional is the JSON of a route; undefined when the server has no such route, or none that answers now.
async function optional(path, flag) {
  if (flag && !page[flag]) return undefined;
  const response = await call(path);
  if (response.ok && (response.headers.get("Content-Type") ?? "").includes("json")) return response.json();
  if (flag && response.status === 404) page[flag] = false;
  await response.body?.cancel();
  return undefined;
}

async function askVerdict() {
  const verdict = await optional("verdict?format=json", "verdict");
  if (verdict === undefined) return;
  page.status = verdict.status ?? "";
  const findings = Array.isArray(verdict.findings) ? verdict.findings : [];
  const text = JSON.stringify(findings);
  if (text !== page.findings) {
    page.findings = text;
    const before = JSON.stringify(view.d?.findings);
    tape.judged(findings);
    for (const d of tape.dialogues.values()) if (d.findings.length > 0) list.search(d, [], false);
    list.stale = true;
    if (view.d && before !== JSON.stringify(view.d.findings)) view.render();
  }
  draw();
}

async function askScenario() {
  const scenario = await optional("scenario", "scenario");
  if (scenario === undefined) return;
  page.playing = String(scenario?.id ?? scenario?.name ?? "");
  showPlaying();
  draw();
}

// showPlaying chooses what is played; a scenario that was brought along may be none of the library's.
function showPlaying() {
  const choice = $("scenario");
  const playing = page.playing ?? "";
  if (![...choice.options].some((o) => o.value === playing)) choice.append(new Option(oneLine(playing), playing));
  if (choice.value !== playing) choice.value = playing;
  choice.classList.toggle("on", playing !== "");
}

// askLibrary offers the scenarios that a server can play, where there are any.
async function askLibrary() {
  const all = await optional("scenarios", "scenarios");
  if (!Array.isArray(all)) return;
  const playable = all.filter((s) => s.parts?.includes("play"));
  page.library = playable.length > 0;
  $("play").hidden = !page.library;
  const groups = new Map();
  for (const s of playable) groups.set(s.surface, [...(groups.get(s.surface) ?? []), new Option(oneLine(s.id + (s.title ? " – " + s.title : "")), s.id)]);
  $("scenario").replaceChildren(new Option("no scenario", ""), ...[...groups].map(([surface, options]) => {
    const group = el("optgroup", "", ...options);
    group.label = oneLine(surface || "any");
    return group;
  }));
  showPlaying();
}

async function askClock() {
  const clock = await optional("clock");
  if (clock !== undefined) showClock(clock);
}

function showClock(clock) {
  if (clock.kind !== undefined) $("clock").hidden = clock.kind !== "manual";
  $("now").textContent = String(clock.now).replace("T", " ").replace("Z", "") + (clock.timers ? " · " + plural(clock.timers, "timer") : "");
  $("now").title = "The manual clock, UTC";
}

function say(text) {
  $("message").textContent = oneLine(text);
  $("message").hidden = text === "";
}

// change asks the server for something that changes it, and says what went wrong.
async function change(method, path, body) {
  try {
    const response = await send(method, path, body);
    if (response.ok) {
      say("");
      return response;
    }
    const { error } = await response.json();
    say(error.message + (error.hint ? ": " + error.hint : ""));
  } catch (err) {
    say(path + ": " + err.message);
  }
  return null;
}

async function advance(by) {
  const response = await change("POST", "clock/advance", { by });
  if (response === null) return;
  const moved = await response.json();
  showClock(moved);
  if (moved.unsettled?.length > 0) say("Connections " + moved.unsettled.join(", ") + " still had something to write after a second.");
  refresh();
}

const feed = new Feed(tape, {
  state: (name) => {
    $("state").dataset.state = name;
    $("state").textContent = { live: "live", connecting: "connecting", away: "no answer; trying again", locked: "locked" }[name];
    if (name !== "live") return;
    Object.assign(page, { verdict: true, scenario: true, scenarios: true });
    unlock();
    askLibrary().catch(() => {});
    refresh();
  },
  header: draw,
  entry: (d, e) => list.touch(d, e),
  batch: () => {
    const lost = tape.forget();
    for (const d of lost) list.dirty.add(d);
    if (view.d && lost.includes(view.d) && view.d.entries.length > 0) view.render();
    for (const d of tape.dialogues.values()) if (d.findings.length === 0) d.findings = tape.byConn.get(d.conn) ?? d.findings;
    refresh();
    draw();
  },
  cleared: () => {
    Object.assign(page, { findings: "[]", status: "" });
    list.clear();
    view.show(null);
    draw();
  },
  token: () => {
    $("wrong").hidden = token.get() === null;
    token.set(null);
    $("login").hidden = false;
    for (const id of ["dialogues", "empty", "reset", "none"]) $(id).hidden = true;
    $("token").focus();
    return new Promise((done) => $("login").addEventListener("submit", () => done(), { once: true }));
  },
});

function unlock() {
  if ($("login").hidden) return;
  $("login").hidden = true;
  for (const id of ["dialogues", "reset"]) $(id).hidden = false;
  draw();
}

$("login").addEventListener("submit", (event) => {
  event.preventDefault();
  token.set($("token").value);
  $("token").value = "";
}, { capture: true });
$("clock").addEventListener("submit", (event) => {
  event.preventDefault();
  if ($("by").value.trim()) advance($("by").value.trim());
});
for (const button of document.querySelectorAll("#clock [data-by]")) button.addEventListener("click", () => advance(button.dataset.by));
$("reset").addEventListener("click", async () => {
  if (!(await change("POST", "reset", {}))) return;
  page.scenario = true;
  feed.restart();
});

$("scenario").addEventListener("change", async () => {
  const id = $("scenario").value;
  await change(...(id === "" ? ["DELETE", "scenario", {}] : ["PUT", "scenario", { name: id }]));
  page.scenario = true;
  refresh();
});

let typing = 0;
const filter = () => list.filter($("filter").value, $("only").checked);
$("filter").addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(filter, 100);
});
$("filter").form.addEventListener("submit", (event) => event.preventDefault());
$("only").addEventListener("change", filter);
$("newest").addEventListener("change", () => {
  page.following = $("newest").checked;
  draw();
});
$("axis").addEventListener("change", () => {
  view.axis = $("axis").value;
  view.draw();
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !$("login").hidden) return;
  const at = document.activeElement;
  const typed = at.matches("input:not([type=checkbox]), select, textarea");
  if (event.key === "/" && !typed) {
    $("filter").focus();
    $("filter").select();
  } else if (event.key === "Escape") {
    $("filter").value = "";
    $("only").checked = false;
    at.blur();
    filter();
  } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && (at === document.body || at === $("list") || at === $("filter"))) {
    choose(list.step(event.key === "ArrowDown" ? 1 : -1), true);
  } else {
    return;
  }
  event.preventDefault();
});

$("curl").textContent = "curl " + location.origin + "/tape?follow=1";
feed.run();
