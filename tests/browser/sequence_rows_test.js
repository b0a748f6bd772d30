// What becomes one arrow of a sequence diagram, told by hand-made timelines. No browser.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lanesOf, rowsOf, timersOf } from '../../harness/web/sequence_rows.js';
import { length, parseLength } from '../../harness/web/times.js';

const step = (at, who, what, kind, from, to = from) => ({ at, who, what, kind, from, to });

const TIMEOUT = {
  backends: [{ name: 'app[0]' }],
  timeline: [
    step(0, 'app[0]', 'listens', 'note', 'app[0]'),
    step(0, 'client', 'sends GET /', 'request', 'client', 'proxy'),
    step(0, 'proxy', "accepts the client's connection", 'accept', 'proxy'),
    step(0, 'proxy', 'has read the request: GET / HTTP/1.1', 'request', 'proxy'),
    step(0, 'proxy', 'connects to app[0]', 'connect', 'proxy', 'app[0]'),
    step(0, 'app[0]', 'accepts connection 1', 'accept', 'app[0]'),
    step(0, 'proxy', 'is connected to app[0]', 'connected', 'app[0]', 'proxy'),
    step(0, 'proxy', 'has sent the request to app[0], 69 bytes', 'request', 'proxy', 'app[0]'),
    step(0, 'app[0]', 'reads request 1: GET / on connection 1', 'request', 'app[0]'),
    step(0, 'app[0]', 'connection 1: waits 1m15s (slow: header)', 'timer', 'app[0]'),
    step(60, 'proxy', 'gives up on app[0]: timeout', 'timer', 'proxy'),
    step(60, 'error.log', '[error] upstream timed out', 'log', 'proxy'),
    step(60, 'proxy', 'has answered 504, 167 body bytes', 'response', 'proxy'),
    step(
      60,
      'client',
      'receives 504, whole, 167 body bytes after 1m',
      'response',
      'proxy',
      'client',
    ),
  ],
};

function drawn(playedCase, until) {
  const lanes = lanesOf(playedCase);
  return rowsOf(playedCase, lanes, until).map(row => [
    row.type,
    row.kind,
    row.label,
    row.steps.length,
  ]);
}

test('both ends of a thing are one row', () => {
  assert.deepEqual(drawn(TIMEOUT), [
    ['point', 'note', 'listens', 1],
    ['arrow', 'request', 'GET /', 3],
    ['arrow', 'connect', 'connects', 3],
    ['arrow', 'request', 'request, 69 bytes', 2],
    ['point', 'timer', 'waits 75\u00a0s (slow: header)', 1],
    ['point', 'timer', 'gives up: timeout', 1],
    ['note', 'log', '[error] upstream timed out', 1],
    ['arrow', 'response', '504, 167 body bytes after 60\u00a0s', 2],
  ]);
});

test('every step is in one row, and in one only', () => {
  const rows = rowsOf(TIMEOUT, lanesOf(TIMEOUT));
  const steps = rows.flatMap(row => row.steps).sort((first, second) => first - second);
  assert.deepEqual(
    steps,
    TIMEOUT.timeline.map((_, index) => index),
  );
});

test('lanes are client, proxy, then the servers in their order', () => {
  const timeline = [
    step(0, 'app[1]', 'listens', 'note', 'app[1]'),
    step(0, 'app[0]', 'listens', 'note', 'app[0]'),
    step(0, 'ns', 'listens', 'note', 'ns'),
  ];
  const lanes = lanesOf({ backends: [{ name: 'app[0]' }, { name: 'app[1]' }], timeline });
  assert.deepEqual(lanes.names, ['client', 'proxy', 'app[0]', 'app[1]', 'ns']);
});

test('a long wait is folded, a short one is not', () => {
  const waits = rowsOf(TIMEOUT, lanesOf(TIMEOUT)).map(row => row.wait);
  assert.deepEqual(waits, [0, 0, 0, 0, 0, 60, 0, 0]);
  const timeline = [
    step(0, 'client', 'leaves', 'fin', 'client', 'proxy'),
    step(0.9, 'client', 'leaves', 'fin', 'client', 'proxy'),
  ];
  assert.deepEqual(
    rowsOf({ timeline }, lanesOf({ timeline })).map(row => row.wait),
    [0, 0],
  );
});

test('a timeout is a bar from the last that the server heard, a wait one that may go on', () => {
  const lanes = lanesOf(TIMEOUT);
  assert.deepEqual(timersOf(TIMEOUT, lanes, rowsOf(TIMEOUT, lanes)), [
    { lane: 2, first: 4, last: 7, text: '75 s', open: true },
    { lane: 1, first: 3, last: 5, text: '60 s', open: false },
  ]);
});

test('what comes after the moment is not drawn', () => {
  assert.equal(drawn(TIMEOUT, 59).length, 5);
});

test('a connect without an answer ends in the void, a refused one does not', () => {
  const connect = step(0, 'proxy', 'connects to app[0]', 'connect', 'proxy', 'app[0]');
  const lost = [connect, step(60, 'proxy', 'gives up on app[0]: timeout', 'timer', 'proxy')];
  assert.deepEqual(drawn({ timeline: lost })[0].slice(0, 2), ['arrow', 'drop']);
  const refused = [
    connect,
    step(0, 'proxy', 'gives up on app[0]: error: 111 Connection refused', 'rst', 'app[0]', 'proxy'),
  ];
  assert.deepEqual(
    drawn({ timeline: refused }).map(row => row.slice(0, 3)),
    [
      ['arrow', 'connect', 'connects'],
      ['arrow', 'rst', 'RST, connection refused'],
    ],
  );
});

test('several clients share a lane and say which they are', () => {
  const timeline = ['client', 'client 2'].map(who =>
    step(0, who, 'sends GET /', 'request', 'client', 'proxy'),
  );
  assert.deepEqual(lanesOf({ timeline }).titles, ['clients', 'proxy']);
  assert.deepEqual(
    drawn({ timeline }).map(row => row[2]),
    ['client: GET /', 'client 2: GET /'],
  );
});

test('lengths of time are read and written', () => {
  assert.deepEqual(['1m15s', '300ms', '2.5s', '1h02m', '60', ''].map(parseLength), [
    75,
    0.3,
    2.5,
    3720,
    null,
    null,
  ]);
  assert.deepEqual([0, 0.25, 1.5, 75, 300, 3720].map(length), [
    '0 s',
    '250 ms',
    '1.5 s',
    '75 s',
    '5 min',
    '1 h 2 min',
  ]);
});

const CUT = {
  backends: [{ name: 'app[0]' }],
  timeline: [
    step(0, 'proxy', 'connects to app[0]', 'connect', 'proxy', 'app[0]'),
    step(0, 'app[0]', 'connection 1: waits 1m15s (slow: header)', 'timer', 'app[0]'),
    step(274, 'proxy', 'gives up on app[0]: timeout', 'timer', 'proxy'),
    step(274, 'proxy', 'has answered 504, 167 body bytes', 'response', 'proxy'),
  ],
  timeline_cut: 1333,
};

test('steps that are left out are a gap, and no wait', () => {
  const rows = rowsOf(CUT, lanesOf(CUT));
  assert.deepEqual(
    rows.map(row => [row.type, row.wait]),
    [
      ['arrow', 0],
      ['point', 0],
      ['gap', 0],
      ['point', 0],
      ['point', 0],
    ],
  );
  assert.equal(rows[2].label, '… 1333 steps are left out here …');
  assert.deepEqual(rows[2].steps, []);
});

test('no timer and no packet crosses what is left out', () => {
  const lanes = lanesOf(CUT);
  const rows = rowsOf(CUT, lanes);
  assert.equal(rows[0].kind, 'connect', 'what became of it may be among what is left out');
  assert.deepEqual(
    timersOf(CUT, lanes, rows).map(timer => [timer.first, timer.last]),
    [[1, 2]],
  );
});

test('the gap is there as soon as something behind it is', () => {
  const types = until => rowsOf(CUT, lanesOf(CUT), until).map(row => row.type);
  assert.deepEqual(types(100), ['arrow', 'point']);
  assert.equal(types(274).includes('gap'), true);
});
