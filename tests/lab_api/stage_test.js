// What an integration test of an application behind a proxy would do with badgate's lab: a proxy
// and its servers on the real clock, requests of one's own, faults that come and go.
//
// stage_test.js BADGATE
import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, test } from 'node:test';

import { Lab, request } from './lab.js';

const SHOP = `title = "A shop"
[proxy]
proxy_read_timeout = "2s"
proxy_next_upstream = "off"
[[upstream.app]]
body = 2000
[[request]]
`;

let lab;
before(async () => { lab = await Lab.start(process.argv[2]); });
after(async () => assert.equal(await lab.end(), 0));

const listens = address => new Promise(resolve => {
  const [host, port] = address.split(':');
  const socket = net.connect(Number(port), host);
  socket.on('connect', () => { socket.destroy(); resolve(true); });
  socket.on('error', () => resolve(false));
});

test('a server breaks and heals while requests come in', async () => {
  const stage = await lab.post('/api/stages', { toml: SHOP }, 201);
  const [path, shop] = [`/api/stages/${stage.id}`, `http://${stage.proxy}/basket`];
  const well = await request(shop);
  assert.deepEqual([well.status, well.text.length], [200, 2000]);

  await lab.post(`${path}/faults`, { server: 'app[0]', faults: [{ crash: 'after-request' }] });
  assert.equal((await request(shop)).status, 502);

  await lab.post(`${path}/faults`, { server: 'app[0]', faults: [{ slow: 'header', delay: '30s' }] });
  const begun = Date.now();
  assert.equal((await request(shop)).status, 504);
  assert.ok(Date.now() - begun >= 1990, 'it waited for proxy_read_timeout');

  await lab.post(`${path}/faults`, { server: 'app[0]', heal: true });
  assert.equal((await request(shop, { method: 'POST', body: 'two' })).status, 200);

  const seen = await lab.logged(path, 4);
  assert.deepEqual(seen.access.map(line => line.status), [200, 502, 504, 200]);
  assert.match(seen.access[3].line, /POST \/basket/);
  assert.deepEqual(seen.error_log.filter(line => line.level === 'error').map(line => line.message.split(',')[0]), [
    'upstream prematurely closed connection while reading response header from upstream',
    'upstream timed out (110: Connection timed out) while reading response header from upstream',
  ]);
  assert.equal(seen.servers[0].name, 'app[0]');
  assert.equal(seen.servers[0].requests, 4);
  assert.ok(seen.timeline.some(step => step.kind === 'event'));

  assert.deepEqual(await lab.post(`${path}/reset`, {}), stage);
  const anew = await lab.get(path);
  assert.deepEqual([anew.access, anew.error_log, anew.servers[0].requests], [[], [], 0]);
  assert.equal((await request(shop)).status, 200);

  await lab.delete(path);
  assert.equal(await listens(stage.proxy), false);
  assert.equal(await listens(stage.backends['app[0]']), false);
  await assert.rejects(lab.get(path), /404/);
});

test('a scenario of the catalogue, at real speed and in no time', async () => {
  const name = 'upstream-down/one-of-two-is-down';
  assert.ok((await lab.get('/api/scenarios')).some(one => one.name === name));
  assert.equal((await lab.post('/api/play', { scenario: name })).case.state, 'passed');
  const { toml } = await lab.get(`/api/scenarios/${name}`);
  assert.deepEqual((await lab.post('/api/check', { toml })).diagnostics, []);
  const stage = await lab.post('/api/stages', { scenario: name }, 201);
  assert.ok(await listens(stage.proxy));
  await lab.delete(`/api/stages/${stage.id}`);
});

test('stages know nothing of each other', async () => {
  const stages = await Promise.all([1, 2, 3].map(() => lab.post('/api/stages', { toml: SHOP }, 201)));
  await lab.post(`/api/stages/${stages[1].id}/faults`, { server: 'app[0]', crash: true });
  const answers = await Promise.all(stages.map(stage => request(`http://${stage.proxy}/`)));
  assert.deepEqual(answers.map(answer => answer.status), [200, 502, 200]);
  const seen = await Promise.all(stages.map(stage => lab.logged(`/api/stages/${stage.id}`, 1)));
  assert.deepEqual(seen.map(one => one.access.length), [1, 1, 1]);
  await Promise.all(stages.map(stage => lab.delete(`/api/stages/${stage.id}`)));
});

test('what is wrong is said', async () => {
  await assert.rejects(lab.post('/api/stages', { toml: 'titel = 1' }, 201), /422.*titel/s);
  await assert.rejects(lab.post('/api/stages', { tmol: '' }, 201), /400.*one of `scenario` and `toml`/s);
  await assert.rejects(lab.post('/api/stages', { scenario: 'none' }, 201), /404/);
  const stage = await lab.post('/api/stages', { toml: SHOP }, 201);
  const wrong = what => assert.rejects(lab.post(`/api/stages/${stage.id}/faults`, what), /4(00|22)/);
  await wrong({ server: 'app[0]' });
  await wrong({ server: 'app[9]', heal: true });
  await wrong({ server: 'app[0]', faults: [{ crsh: 'mid-body' }] });
  await wrong({ server: 'app[0]', faults: [null] });
  await wrong({ server: 'app[0]', faults: [{ crash: 'mid-body', times: -1 }] });
  assert.equal((await request(`http://${stage.proxy}/`)).status, 200);
});
