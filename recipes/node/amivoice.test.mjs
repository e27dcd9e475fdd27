// A fake of its own for the tests of a file, with Node's own test runner: node --test. Nothing has to be installed.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';

let fake, service, admin;

before(async () => {
  fake = spawn(process.env.MOCKAMIVOICE_BINARY ?? 'mockamivoice',
    ['serve', '--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0', '--clock', 'manual'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [ready] = await once(createInterface({ input: fake.stdout }), 'line');
  ({ service, admin } = Object.fromEntries(ready.split(' ').slice(1).map((word) => word.split(/=(.*)/s))));
});

after(async () => {
  fake.kill();
  await once(fake, 'exit');
});

// advance moves the clock, and returns when everything that fell due has been done and written.
const advance = (by) => fetch(`${admin}/clock/advance`, {
  method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ by }),
});

async function recognize(key, audio) {
  const form = new FormData();
  form.set('u', key);
  form.set('d', '-a-general');
  form.set('c', 'LSB16K');
  form.set('a', new Blob([audio]));
  return (await fetch(`${service}/v1/recognize`, { method: 'POST', body: form })).json();
}

test('a key is refused when its time is over', async () => {
  const form = new URLSearchParams({ sid: 'demo', spw: 'demo-password', epi: '2h' });
  const key = await (await fetch(`${service}/issue_service_authorization`, { method: 'POST', body: form })).text();
  assert.equal((await recognize(key, new Uint8Array(32000))).code, 'o'); // silence
  assert.equal((await advance('2h')).status, 200);
  assert.equal((await recognize(key, new Uint8Array(32000))).message, 'received illegal service authorization');
});
