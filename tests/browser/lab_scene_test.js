// What the lab's picture shows at each moment, and its small edits of scenario files. No browser.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BOX, place } from '../../harness/lab/page/diagram_layout.js';
import { entries, isWritten } from '../../harness/lab/page/log_lines.js';
import { askersOf, sceneAt, serversOf } from '../../harness/lab/page/scene.js';
import {
  directive,
  remediesIn,
  serversIn,
  setDirective,
} from '../../harness/lab/page/toml_edit.js';

const step = (at, who, what, kind, from, to = from) => ({ at, who, what, kind, from, to });

const RUN = {
  backends: [{ name: 'app[0]' }, { name: 'app[1]' }],
  timeline: [
    step(0, 'client', 'sends GET /', 'request', 'client', 'proxy'),
    step(0, 'proxy', 'connects to app[0]', 'connect', 'proxy', 'app[0]'),
    step(0, 'proxy', 'is connected to app[0]', 'connected', 'app[0]', 'proxy'),
    step(0, 'proxy', 'has sent the request to app[0], 69 bytes', 'request', 'proxy', 'app[0]'),
    step(0, 'app[0]', 'connection 1: waits 1m15s (slow: header)', 'timer', 'app[0]'),
    step(60, 'proxy', 'gives up on app[0]: timeout', 'timer', 'proxy'),
    step(
      60,
      'error.log',
      '[warn] upstream server temporarily disabled while reading, upstream: "http://app[0]/", host: "x"',
      'log',
      'proxy',
    ),
    step(60, 'proxy', 'tries the next server', 'retry', 'proxy'),
    step(60, 'proxy', 'connects to app[1]', 'connect', 'proxy', 'app[1]'),
    step(60.5, 'proxy', 'has done with app[1], 100 body bytes', 'note', 'proxy'),
    step(
      60.5,
      'client',
      'receives 200, whole, 100 body bytes after 1m0.5s',
      'response',
      'proxy',
      'client',
    ),
    step(61, 'event', 'app[1] crashes', 'event', 'app[1]'),
    step(65, 'event', 'app[1] is started again', 'event', 'app[1]'),
  ],
};

const server = (scene, name) => scene.servers.get(name);

test('a request moves along, and the proxy waits', () => {
  const first = sceneAt(RUN, 1, 0);
  assert.deepEqual(first.client.waiting.get('client'), { since: 0, what: 'GET /' });
  assert.deepEqual(first.moving, { from: 'client', to: 'proxy', kind: 'request' });
  const waiting = sceneAt(RUN, 5, 30);
  assert.equal(server(waiting, 'app[0]').link, 'waiting');
  assert.equal(server(waiting, 'app[0]').health, 'broken');
  assert.equal(server(waiting, 'app[0]').words, 'waits 1m15s');
  assert.equal(server(waiting, 'app[1]').health, 'healthy');
});

test('a server that the proxy leaves out is disabled for a while', () => {
  const out = sceneAt(RUN, 9, 62);
  assert.equal(server(out, 'app[0]').disabled, true);
  assert.equal(server(out, 'app[0]').left, 8);
  assert.equal(server(sceneAt(RUN, 9, 71), 'app[0]').disabled, false);
  const longer = { ...RUN, backends: [{ name: 'app[0]', fail_timeout: 30 }, { name: 'app[1]' }] };
  assert.equal(server(sceneAt(longer, 9, 71), 'app[0]').left, 19);
  const shorter = { ...RUN, backends: [{ name: 'app[0]', fail_timeout: 1 }, { name: 'app[1]' }] };
  assert.equal(server(sceneAt(shorter, 9, 62), 'app[0]').disabled, false);
});

test('what the client got, and what events do to a server', () => {
  const answered = sceneAt(RUN, 11, 60.5);
  assert.deepEqual([answered.client.waiting.size, answered.client.words], [0, 'got 200']);
  assert.equal(server(answered, 'app[1]').link, 'answered');
  assert.equal(server(sceneAt(RUN, 12, 61), 'app[1]').health, 'broken');
  assert.equal(server(sceneAt(RUN, 13, 65), 'app[1]').health, 'healthy');
});

test('a server is broken while its last request went wrong, and no longer', () => {
  const app = (at, what, kind = 'note') => step(at, 'app[0]', what, kind, 'app[0]', 'proxy');
  const timeline = [
    app(0, 'reads request 1: GET / on connection 1', 'request'),
    app(0, 'connection 1: FIN sent after reading request 1 (crash: after-request)', 'fin'),
    app(9, 'reads request 2: GET / on connection 2', 'request'),
    app(9, 'sends response 2: HTTP/1.1 200 OK, 100 body bytes', 'response'),
    app(20, 'reads request 3: GET / on connection 3', 'request'),
    app(20, 'connection 3: waits 5s (slow: header)', 'timer'),
    app(25, 'sends response 3: HTTP/1.1 200 OK, 100 body bytes', 'response'),
    step(30, 'event', 'app[0] breaks', 'event', 'app[0]'),
  ];
  const health = count => server(sceneAt({ timeline }, count, 40), 'app[0]').health;
  assert.deepEqual(
    timeline.map((_, i) => health(i + 1)),
    ['healthy', 'broken', 'broken', 'healthy', 'healthy', 'broken', 'broken', 'broken'],
  );
  assert.equal(server(sceneAt({ timeline }, 4, 9), 'app[0]').words, '');
  // One that fails a number of times is healthy again behind it: nobody has to heal it.
  const hiccup = { timeline, backends: [{ name: 'app[0]', faults_pass: true }] };
  const after = sceneAt(hiccup, 2, 0).servers.get('app[0]');
  assert.deepEqual([after.health, after.words], ['healthy', 'FIN sent after reading request 1']);
});

test('servers are those of the case, and whoever else takes part', () => {
  assert.deepEqual(serversOf(RUN), ['app[0]', 'app[1]']);
  assert.deepEqual(
    serversOf({ timeline: [step(0, 'app[0]', 'request 1 asks db', 'request', 'app[0]', 'db')] }),
    ['app[0]', 'db'],
  );
  assert.deepEqual(serversOf({}), []);
});

test('a database is asked by an application, and not by the proxy', () => {
  const timeline = [
    ...RUN.timeline,
    step(70, 'app[0]', 'request 1 asks db', 'request', 'app[0]', 'db'),
    step(70, 'db', 'sends response 1', 'response', 'db', 'app[0]'),
  ];
  assert.deepEqual([...askersOf({ timeline })], [['db', 'app[0]']]);
  assert.deepEqual([...askersOf(RUN)], []);
});

test('who leaves waits no longer, and the proxy waits for nobody', () => {
  const timeline = [
    ...RUN.timeline.slice(0, 4),
    step(3, 'client', 'leaves', 'fin', 'client', 'proxy'),
    step(3, 'proxy', 'sees that the client has left', 'note', 'proxy'),
  ];
  const left = sceneAt({ ...RUN, timeline }, 6, 3);
  assert.deepEqual(
    [left.client.waiting.size, left.client.words, server(left, 'app[0]').link],
    [0, 'has left', 'closed'],
  );
});

test('boxes stand inside the picture and not on each other', () => {
  const shapes = [0, 1, 2, 3, 6].flatMap(count =>
    [[], [0], [0, 0, 0]].map(askers => [count, count ? askers : []]),
  );
  for (const [count, askers] of shapes) {
    for (const narrow of [false, true]) {
      const { width, height, client, proxy, servers, wires } = place(count, askers, narrow);
      const boxes = [client, proxy, ...servers];
      assert.equal(wires.length, count + askers.length);
      for (const box of boxes) {
        assert.ok(
          box.x >= 0 && box.y >= 0 && box.x + BOX.width <= width && box.y + BOX.height <= height,
          `${count} ${askers} ${narrow}`,
        );
        const on = boxes.filter(
          other => Math.abs(other.x - box.x) < BOX.width && Math.abs(other.y - box.y) < BOX.height,
        );
        assert.equal(on.length, 1);
      }
    }
  }
});

const FILE = `title = "x"  # [proxy]

[proxy]
proxy_read_timeout = "60s"  # long

[[upstream.app]]
[[upstream.app]]
[[backend.db]]
[[request]]

[remedy.longer]
proxy.proxy_read_timeout = "90s"
[remedy.longer.expect]
[remedy.second_server.expect]
`;

test('a directive is read and set where it stands', () => {
  assert.equal(directive(FILE, 'proxy_read_timeout'), '60s');
  assert.equal(directive(FILE, 'proxy_send_timeout'), '');
  const set = setDirective(FILE, 'proxy_read_timeout', '5s');
  assert.equal(set, FILE.replace('"60s"  # long', '"5s"'));
  assert.equal(
    directive(setDirective(FILE, 'proxy_send_timeout', '7s'), 'proxy_send_timeout'),
    '7s',
  );
  assert.equal(
    setDirective(FILE, 'proxy_read_timeout', ''),
    FILE.replace('proxy_read_timeout = "60s"  # long\n', ''),
  );
  assert.equal(setDirective(FILE, 'proxy_send_timeout', ''), FILE);
});

test('a file without [proxy] gets one before its first table', () => {
  assert.equal(
    setDirective('title = "x"\n[[upstream.app]]\n', 'send_timeout', '1s'),
    'title = "x"\n[proxy]\nsend_timeout = "1s"\n\n[[upstream.app]]\n',
  );
});

test('remedies and servers are found', () => {
  assert.deepEqual(remediesIn(FILE), ['longer', 'second_server']);
  assert.deepEqual(serversIn(FILE), ['app[0]', 'app[1]', 'db']);
});

test('a line of a log comes with its step, or, of a story that was cut, with its time', () => {
  const access = [0, 1, 2, 3].map(at => ({ at, line: `GET /${at}`, status: 200 }));
  const timeline = [
    step(0, 'access.log', 'GET /0', 'log', 'proxy'),
    step(3, 'client', 'sends GET /3', 'request', 'client', 'proxy'),
    step(3, 'access.log', 'GET /3', 'log', 'proxy'),
  ];
  const told = (run, state) =>
    entries(run)
      .access.filter(line => isWritten(line, state))
      .map(line => line.at);
  const cut = { access, timeline, timeline_cut: 40 };
  assert.deepEqual(told(cut, { steps: 1, time: 0, running: true }), [0]);
  assert.deepEqual(told(cut, { steps: 1, time: 2.5, running: true }), [0, 1, 2]);
  assert.deepEqual(told(cut, { steps: 0, time: 0, running: false }), [0, 1, 2, 3]);
  const whole = { access: [access[0], access[3]], timeline };
  assert.deepEqual(told(whole, { steps: 2, time: 3, running: true }), [0]);
  assert.deepEqual(told(whole, { steps: 3, time: 3, running: true }), [0, 3]);
});

test('what is left out of a log stands in its middle', () => {
  const access = [0, 1, 98, 99].map(at => ({ at, line: `GET /${at}`, status: 200 }));
  const lines = entries({ access, access_cut: 96, timeline: [], timeline_cut: 1 }).access;
  assert.deepEqual(
    lines.map(line => line.gap ?? line.line),
    ['GET /0', 'GET /1', 96, 'GET /98', 'GET /99'],
  );
  assert.deepEqual(entries({}).access, []);
});
