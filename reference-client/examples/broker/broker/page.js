// Streams the microphone or a file to the speech service with a key from this page's back end. Facts about the service are
// marked with the page of its manual that states them.

const { stream, engine, ttl } = document.querySelector("main").dataset;

const ANSWER_TIME = 15000; // ms; the service promises none, but a page that waits for ever looks broken
const RESULT_TIME = 60000; // ms for what is still being recognized when e is sent
const HELD = 300; // packets of 100 ms that may wait for a connection; older ones are dropped
const UNSENT = 1 << 20; // bytes; 32 s of sound that the network did not take

// Fault is an error that is meant for the user. retry says that a new key may cure it.
class Fault extends Error {
  constructor(message, retry = false) {
    super(message);
    this.retry = retry;
  }
}

// freshKey asks the back end, which alone knows who is logged in and what the service's password is.
async function freshKey() {
  let response;
  try {
    response = await fetch("/token", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ttl }),
      signal: AbortSignal.timeout(ANSWER_TIME),
    });
  } catch {
    throw new Fault("This site cannot be reached. Is its server running?");
  }
  const body = await response.json().catch(() => ({}));
  if (response.status === 401) {
    throw new Fault("You are no longer logged in. Load the page again to log in.");
  }
  if (!response.ok) {
    throw new Fault(body.error?.message ?? `This site gave no key (${response.status}).`);
  }
  return body.api_key;
}

// explain puts what the service said into words, and keeps the original for who asks the support.
function explain(text) {
  const meanings = [
    ["service authorization has expired", "The key had expired."], // documented: issue-api-key-with-api
    ["can't validate service authorization", "The service did not accept the key; the back end's credentials may be wrong."], // documented: issue-api-key-with-api
    ["can't feed audio data", "The service stopped taking sound."], // documented: issue-api-key-with-api, limitations
    ["timeout occurred", "The service got no sound for too long."], // documented: limitations
  ];
  const found = meanings.find(([start]) => text.startsWith(start));
  return `${found ? found[1] : "The service reported an error."} (${text})`;
}

// within fails when a promise takes too long.
function within(ms, promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Fault(`${what} took too long.`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// Dialogue is one connection with one recognition on it: s, its answer, p after p, e, its answer.
// (documented: reference-websocket, websocket-interface-command-and-response)
class Dialogue {
  #socket;
  #awaited; // what the next s or e answer settles: {letter, resolve}
  #fed = false;
  #heard = false; // an event has come, so the sound is being taken
  #fail;
  #onEvent;

  constructor(onEvent) {
    this.#onEvent = onEvent;
    this.failure = new Promise((_, reject) => { this.#fail = reject; }); // rejects once anything goes wrong
    this.failure.catch(() => {}); // it may go wrong while nobody waits
  }

  // open never puts the key into the URL, where proxies and logs would see it.
  async open() {
    this.#socket = new WebSocket(stream);
    this.#socket.onmessage = ({ data }) => this.#take(data);
    this.#socket.onclose = ({ code }) => this.#fail(new Fault(`The speech service ended the connection (${code}).`));
    const opened = new Promise((resolve) => { this.#socket.onopen = resolve; });
    await within(ANSWER_TIME, Promise.race([opened, this.failure]), "Connecting to the speech service");
  }

  // start returns when the service is ready for sound. What is sent earlier may be lost. (documented: reference-websocket)
  async start(key) {
    await this.#ask("s", `s LSB16K ${engine} authorization=${key}`, ANSWER_TIME);
  }

  // feed has no answer, unless something is wrong. (documented: reference-websocket-p-command-packet)
  feed(sound) {
    if (this.#socket.bufferedAmount > UNSENT) {
      throw new Fault("The network is too slow for live sound.");
    }
    const packet = new Uint8Array(1 + sound.byteLength);
    packet[0] = 0x70; // p
    packet.set(new Uint8Array(sound), 1);
    this.#socket.send(packet);
    this.#fed = true;
  }

  // end returns when every result has come: the last ones lie between e and its answer.
  // (documented: reference-websocket-e-command-packet)
  async end() {
    await this.#ask("e", "e", RESULT_TIME);
  }

  close() {
    this.#socket?.close();
  }

  async #ask(letter, message, ms) {
    const answer = new Promise((resolve) => { this.#awaited = { letter, resolve }; });
    this.#socket.send(message);
    await within(ms, Promise.race([answer, this.failure]), "The answer of the speech service");
  }

  // take reads one message: a letter, and mostly a blank and more. Letters that this page has no use for are passed over.
  #take(data) {
    if (typeof data !== "string") {
      return;
    }
    const letter = data.slice(0, 1);
    const rest = data.slice(2).trim();
    if (letter === "s" || letter === "e" || letter === "p") {
      this.#answer(letter, rest);
    } else if (letter !== "" && "SECUAR".includes(letter)) {
      this.#heard = true;
      try {
        this.#onEvent(letter, rest);
      } catch {
        this.#fail(new Fault("The speech service said something that this page cannot read."));
      }
    }
  }

  #answer(letter, error) {
    if (error !== "") {
      // An expired key is told to s, or to the first p when it expired in between. (documented: issue-api-key-with-api)
      const expired = letter === "s" && error.startsWith("service authorization has expired");
      const late = letter === "p" && error.startsWith("can't feed") && this.#fed && !this.#heard;
      this.#fail(new Fault(explain(error), expired || late));
    } else if (this.#awaited?.letter === letter) {
      this.#awaited.resolve();
      this.#awaited = undefined;
    }
  }
}

// Sound is packets of PCM that come from the audio thread, whether a microphone or a file makes them.
class Sound {
  #packets = [];
  #ended = false;
  #wake = () => {};
  #ready = Promise.resolve();
  #context;
  #node;
  #release = () => {};

  static async ofMicrophone() {
    if (!navigator.mediaDevices) {
      throw new Fault("Browsers lend the microphone to HTTPS and localhost pages only.");
    }
    let media;
    try {
      // The recognizer gets the voice as it is, not as made pleasant for people.
      const audio = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false };
      media = await navigator.mediaDevices.getUserMedia({ audio });
    } catch (error) {
      throw new Fault(error.name === "NotFoundError" ? "No microphone was found."
        : `The microphone could not be used (${error.name}). Allow it in the browser and try again.`);
    }
    const sound = new Sound();
    sound.#release = () => media.getTracks().forEach((track) => track.stop());
    await sound.#begin((context) => context.createMediaStreamSource(media));
    media.getTracks()[0].addEventListener("ended", () => sound.stop()); // unplugged
    return sound;
  }

  static async ofFile(file) {
    const sound = new Sound();
    await sound.#begin(async (context) => {
      const buffer = await context.decodeAudioData(await file.arrayBuffer()).catch(() => {
        throw new Fault(`${file.name} is not a sound file that this browser can read.`);
      });
      const source = new AudioBufferSourceNode(context, { buffer });
      source.addEventListener("ended", () => sound.stop());
      source.start(); // from here on the file comes at the pace of its own clock, like a voice
      return source;
    });
    return sound;
  }

  // begin connects a source to the worklet that resamples. The worklet's output is silence; browsers run only what leads
  // somewhere.
  async #begin(makeSource) {
    try {
      this.#context = new AudioContext();
      await this.#context.audioWorklet.addModule("/capture.js");
      this.#node = new AudioWorkletNode(this.#context, "capture", { channelCount: 1, channelCountMode: "explicit" });
      this.#node.port.onmessage = ({ data }) => this.#add(data);
      this.#node.connect(this.#context.destination);
      (await makeSource(this.#context)).connect(this.#node);
      await this.#context.resume();
    } catch (error) {
      this.abandon();
      throw error;
    }
  }

  #add(packet) {
    if (packet === null) {
      this.#ended = true;
      this.abandon();
    } else {
      this.#packets.push(packet);
      if (this.#packets.length > HELD) {
        this.#packets.shift();
      }
    }
    this.#wake();
  }

  // ready resolves when take has something to give, or there is nothing to come.
  ready() {
    if (this.#packets.length === 0 && !this.#ended) {
      this.#ready = new Promise((resolve) => { this.#wake = resolve; });
    }
    return this.#ready;
  }

  // take gives the oldest packet; undefined is the end.
  take() {
    return this.#packets.shift();
  }

  // stop lets the worklet hand over what it still holds; ready and take go on until that is done.
  stop() {
    this.#node?.port.postMessage("finish");
  }

  // abandon gives microphone and audio thread back.
  abandon() {
    this.#release();
    if (this.#context && this.#context.state !== "closed") {
      this.#context.close();
    }
  }
}

// recognize sends all of sound over one connection.
async function recognize(sound, onEvent, onState) {
  onState("Connecting…");
  const dialogue = new Dialogue(onEvent);
  try {
    const key = await freshKey();
    await dialogue.open();
    await dialogue.start(key);
    onState("Listening.");
    for (;;) {
      await Promise.race([dialogue.failure, sound.ready()]); // in this order, or held packets would hide a failure
      const packet = sound.take();
      if (packet === undefined) {
        break;
      }
      dialogue.feed(packet);
    }
    onState("Waiting for the last results…");
    await dialogue.end();
  } finally {
    dialogue.close();
  }
}

// transcribe is called when the sound is already coming: the user may take long to allow the microphone, and a key does not
// wait. A key that was too late all the same is replaced, once.
async function transcribe(sound, onEvent, onState) {
  try {
    await recognize(sound, onEvent, onState).catch((error) => {
      if (!error.retry) {
        throw error;
      }
      return recognize(sound, onEvent, onState);
    });
  } finally {
    sound.abandon();
  }
}

// The page.

const find = (id) => document.getElementById(id);
const [start, file, stop, status, fault, final, interim] = ["start", "file", "stop", "status", "fault", "final", "interim"].map(find);
let running; // the Sound that is being sent

function show(letter, payload) {
  if (letter !== "U" && letter !== "A" && letter !== "R") {
    return;
  }
  const result = JSON.parse(payload);
  if (letter === "U") {
    interim.textContent = result.text; // a later guess may differ from its first letter on; never append
    return;
  }
  interim.textContent = "";
  if (result.code) {
    complain(`One utterance was not understood. (${result.message || result.code})`);
  } else if (result.text) {
    const item = document.createElement("li");
    item.textContent = result.text;
    final.append(item);
  }
}

function complain(message) {
  fault.textContent = message;
  fault.hidden = message === "";
}

// run shows one transcription from the first click to the last result. Focus goes where the next click will be: the button
// that had it is disabled, which would leave keyboard users nowhere.
async function run(openSound) {
  complain("");
  start.disabled = file.disabled = true;
  status.textContent = "Opening the sound…";
  try {
    running = await openSound();
    stop.disabled = false;
    stop.focus();
    await transcribe(running, show, (text) => { status.textContent = text; });
    status.textContent = "Done.";
  } catch (error) {
    status.textContent = "Stopped.";
    complain(error instanceof Fault ? error.message : `Something unexpected happened. (${error})`);
  } finally {
    running = undefined;
    interim.textContent = "";
    stop.disabled = true;
    start.disabled = file.disabled = false;
    start.focus();
  }
}

start.addEventListener("click", () => run(() => Sound.ofMicrophone()));
file.addEventListener("change", () => {
  const [chosen] = file.files;
  file.value = ""; // so that the same file may be chosen again
  if (chosen) {
    run(() => Sound.ofFile(chosen));
  }
});
stop.addEventListener("click", () => {
  stop.disabled = true;
  status.textContent = "Stopping…";
  running.stop();
});

start.disabled = file.disabled = false; // a click before this line would have been lost
status.textContent = "Ready.";
