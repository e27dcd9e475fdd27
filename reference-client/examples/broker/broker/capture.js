// Sound at any rate in, packets of 100 ms of 16-bit little-endian PCM at 16 kHz out. Runs on the audio thread.

const RATE = 16000;
const PACKET = RATE / 10; // samples
const LOBES = 16; // zero crossings of the filter on each side
const STEPS = 256; // points of the filter's table between two zero crossings

// half is one side of a Hann-windowed sinc. The other side is its mirror image.
function half() {
  const table = new Float64Array(LOBES * STEPS + 1);
  table[0] = 1;
  for (let i = 1; i < table.length; i++) {
    const x = Math.PI * i / STEPS;
    table[i] = Math.sin(x) / x * (0.5 + 0.5 * Math.cos(x / LOBES));
  }
  return table;
}

// Resampler turns sound at one rate into sound at another. It cuts what the lower rate cannot carry; merely leaving samples
// out would fold it into the speech as noise.
class Resampler {
  constructor(from, to) {
    this.step = from / to; // input samples between two output samples
    this.scale = Math.min(1, to / from) * 0.95; // the cut-off, a little below the limit
    this.reach = Math.ceil(LOBES / this.scale); // input samples on each side that count
    this.table = half();
    this.held = new Float32Array(this.reach); // input that is still needed; silence comes before the beginning
    this.at = this.reach; // where in held the next output sample lies
  }

  // feed adds input and hands each output sample to emit.
  feed(input, emit) {
    const all = new Float32Array(this.held.length + input.length);
    all.set(this.held);
    all.set(input, this.held.length);
    for (; this.at + this.reach < all.length; this.at += this.step) {
      emit(this.sample(all));
    }
    const done = Math.min(all.length, Math.max(0, Math.floor(this.at) - this.reach));
    this.held = all.slice(done);
    this.at -= done;
  }

  sample(all) {
    const first = Math.max(0, Math.ceil(this.at - this.reach));
    const last = Math.floor(this.at + this.reach);
    let sum = 0;
    for (let i = first; i <= last; i++) {
      const point = Math.round(Math.abs(i - this.at) * this.scale * STEPS);
      if (point < this.table.length) {
        sum += all[i] * this.table[point];
      }
    }
    return sum * this.scale;
  }
}

class Capture extends AudioWorkletProcessor {
  constructor() {
    super();
    this.resampler = new Resampler(sampleRate, RATE);
    this.packet = new DataView(new ArrayBuffer(2 * PACKET));
    this.filled = 0;
    this.open = true;
    this.port.onmessage = () => this.finish(); // the only message there is: no more sound
  }

  // process gets 128 samples at a time. The node is made with one channel, so that the browser mixes stereo down.
  process([[channel]]) {
    if (this.open && channel) {
      this.resampler.feed(channel, (value) => this.add(value));
    }
    return this.open;
  }

  add(value) {
    this.packet.setInt16(2 * this.filled++, Math.round(Math.max(-1, Math.min(1, value)) * 32767), true);
    if (this.filled === PACKET) {
      this.send(2 * PACKET);
    }
  }

  send(bytes) {
    const whole = this.packet.buffer;
    this.packet = new DataView(new ArrayBuffer(2 * PACKET));
    this.filled = 0;
    const packet = bytes === whole.byteLength ? whole : whole.slice(0, bytes);
    this.port.postMessage(packet, [packet]);
  }

  finish() {
    if (!this.open) {
      return;
    }
    this.resampler.feed(new Float32Array(2 * this.resampler.reach), (value) => this.add(value)); // what the filter still holds
    if (this.filled > 0) {
      this.send(2 * this.filled);
    }
    this.port.postMessage(null); // the end
    this.open = false;
  }
}

registerProcessor("capture", Capture);
