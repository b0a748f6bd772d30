// From the steps of a timeline to the rows of its diagram: what one arrow stands for, which lanes
// there are, where a wait is folded. Knows no document, so that Node can test it.

import { shortLabel, statedLength, toneOf } from './sequence_labels.js';
import { length } from './times.js';

const FOLDED = 1; // seconds without a step, from which on a wait is folded
const SAME = 0.0005; // moments that a log writes alike
const LOOK_BACK = 40; // rows among which the other end of a step is looked for

// Which steps tell of the same thing, seen from its two ends.
const THING = {
  connect: 'connect',
  connected: 'connect',
  accept: 'connect',
  request: 'request',
  response: 'response',
};

// Behind how many steps a long timeline was cut: it is its middle that is missing.
export function cutAt({ timeline, timeline_cut: cut }) {
  return cut > 0 ? Math.floor(timeline.length / 2) : Infinity;
}

export const cutInWords = ({ timeline_cut: cut }) =>
  `${cut} ${cut === 1 ? 'step is' : 'steps are'} left out here`;

function gapRow(playedCase, at) {
  const label = `… ${cutInWords(playedCase)} …`;
  return {
    type: 'gap',
    at,
    kind: 'gap',
    lanes: [],
    label,
    tone: 'faint',
    steps: [],
    told: new Set(),
  };
}

const isClient = name => /^client\b/.test(name);
const isLog = step => step.kind === 'log' && step.who.endsWith('.log');

// The lanes from left to right, and where each participant's is: {names, titles, of(name)}.
export function lanesOf(playedCase) {
  const seen = new Set();
  const clients = new Set();
  for (const step of playedCase.timeline) {
    if (isLog(step) || step.who === 'event') continue;
    if (isClient(step.who)) clients.add(step.who);
    else for (const name of [step.from, step.to]) if (name) seen.add(name);
  }
  const others = [...seen].filter(name => !isClient(name) && name !== 'proxy');
  const known = (playedCase.backends ?? [])
    .map(backend => backend.name)
    .filter(name => seen.has(name));
  const names = [...new Set(['client', 'proxy', ...known, ...others])];
  const index = new Map(names.map((name, at) => [name, at]));
  return {
    names,
    titles: names.map(name => (name === 'client' && clients.size > 1 ? 'clients' : name)),
    several: clients.size > 1,
    of: name => (isClient(name) ? 0 : (index.get(name) ?? 1)),
  };
}

function newRow(type, step, index, from, to) {
  return {
    type,
    at: step.at,
    kind: step.kind,
    who: step.who,
    from,
    to,
    lanes: [from],
    label: shortLabel(step),
    tone: toneOf(step),
    steps: [index],
    told: new Set(),
  };
}

const isSame = (row, step) => Math.abs(row.at - step.at) < SAME;

function recent(rows, fits) {
  const gap = rows.findIndex(row => row.type === 'gap');
  return rows.slice(Math.max(gap + 1, rows.length - LOOK_BACK)).find(fits);
}

// The arrow of which `step` is the arrival at `lane`: "accepts", "has read the request". The oldest
// that nobody has told of.
function arrowTo(lane, step, rows) {
  const thing = THING[step.kind];
  if (thing === undefined || /^gives up|^has answered/.test(step.what)) return undefined;
  const word = step.who + step.kind;
  return recent(rows, row => {
    if (
      row.type !== 'arrow' ||
      row.told.has(word) ||
      (row.who === step.who && step.kind !== 'connected')
    )
      return false;
    if (step.kind === 'connected') return row.kind === 'connect' && row.from === lane;
    return (
      row.to === lane &&
      (THING[row.kind] === thing || (step.kind === 'accept' && row.kind === 'request'))
    );
  });
}

// A step without an arrow of its own. The same of several lanes ("listens") shares a row.
function addPoint(rows, step, index, lane) {
  const last = rows.at(-1);
  const alike = last?.type === 'point' && last.label === shortLabel(step) && last.at === step.at;
  if (!alike || last.lanes.includes(lane))
    return rows.push(newRow('point', step, index, lane, lane));
  last.lanes.push(lane);
  return last.steps.push(index);
}

function addArrival(rows, step, index, lane) {
  const arrow = arrowTo(lane, step, rows);
  arrow?.told.add(step.who + step.kind);
  if (arrow !== undefined && isSame(arrow, step)) return arrow.steps.push(index);
  return addPoint(rows, step, index, lane);
}

// "has answered 504" is the other end of what the client receives at the same moment.
function addArrow(rows, step, index, from, to) {
  const row = newRow('arrow', step, index, from, to);
  const sent = recent(
    rows,
    other =>
      other.type === 'point' &&
      other.kind === 'response' &&
      other.from === from &&
      isSame(other, step) &&
      /^has answered (?!499)/.test(other.what),
  );
  if (step.kind === 'response' && to === 0 && sent !== undefined) {
    rows.splice(rows.indexOf(sent), 1);
    row.steps.unshift(...sent.steps);
  }
  rows.push(row);
}

function addStep(rows, step, index, lanes) {
  const own = lanes.of(step.who);
  const from = lanes.of(step.from || step.who);
  const to = lanes.of(step.to || step.who);
  if (step.who === 'event') rows.push(newRow('band', step, index, from, to));
  else if (isLog(step)) rows.push(newRow('note', step, index, from, to));
  else if (from === to || step.kind === 'connected') addArrival(rows, step, index, own);
  else addArrow(rows, step, index, from, to);
  if (rows.at(-1).steps[0] === index) rows.at(-1).what = step.what;
}

function betweenSame(row, other) {
  return (
    row.type !== 'note' &&
    ((row.from === other.from && row.to === other.to) ||
      (row.from === other.to && row.to === other.from))
  );
}

// A connect of which neither end says that it came about: its packets went into the void, unless a
// refusal came back.
function markUnanswered(rows) {
  const gap = rows.findIndex(row => row.type === 'gap');
  rows.forEach((row, at) => {
    if (row.type !== 'arrow' || row.kind !== 'connect' || row.told.size > 0) return;
    const end = at < gap ? gap : rows.length;
    const answer = rows.slice(at + 1, end).find(other => betweenSame(other, row));
    if (end === gap && answer === undefined) return; // what became of it is left out
    if (answer?.kind !== 'rst') Object.assign(row, { kind: 'drop', tone: 'bad' });
  });
}

// With several clients in a lane, each says which it is.
function nameClient(row, playedCase) {
  const client = row.steps.map(index => playedCase.timeline[index].who).find(isClient);
  if (client !== undefined) row.label = `${client}: ${row.label}`;
}

// The rows from top to bottom: {type: arrow|point|note|band|gap, at, from, to, label, tone, steps:
// [indices into the timeline], passed: seconds since the row before, wait: the same where that is
// folded, else 0}.
export function rowsOf(playedCase, lanes, until = Infinity) {
  const rows = [];
  const cut = cutAt(playedCase);
  playedCase.timeline.forEach((step, index) => {
    if (step.at > until) return;
    if (index === cut) rows.push(gapRow(playedCase, step.at));
    addStep(rows, step, index, lanes);
  });
  markUnanswered(rows);
  rows.forEach((row, at) => {
    if (lanes.several) nameClient(row, playedCase);
    if (row.type === 'gap')
      row.passed = 0; // no wait: much happened in it
    else row.passed = at === 0 ? row.at : row.at - rows[at - 1].at;
    row.wait = row.passed >= FOLDED ? row.passed : 0;
  });
  return rows;
}

// The last row before `at` in which somebody dealt with `lane`: a timeout runs from there.
function lastWith(rows, at, lane) {
  for (let before = at - 1; before >= 0; --before) {
    const row = rows[before];
    if (row.type === 'gap') return -1;
    if (row.type === 'arrow' && (row.from === lane || row.to === lane)) return before;
  }
  return -1;
}

// A timeout that fired: it began when the proxy had last dealt with that server.
function firedTimer(row, at, rows, step, lanes) {
  const server = /^gives up on (\S+):/.exec(step.what)?.[1];
  const start = server === undefined ? -1 : lastWith(rows, at, lanes.of(server));
  if (start < 0 || isSame(row, rows[start])) return null;
  return {
    lane: lanes.of(step.who),
    first: start,
    last: at,
    text: length(row.at - rows[start].at),
    open: false,
  };
}

// "waits 1m15s": it ends when that has passed, or with what the server does next. Where steps are
// left out, nobody knows.
function statedTimer(row, at, rows, stated) {
  const end = rows.findIndex(
    (other, index) => other.at >= row.at + stated - SAME || (index > at && other.type === 'gap'),
  );
  return {
    lane: row.from,
    first: at,
    last: end < 0 ? rows.length - 1 : end,
    text: length(stated),
    open: end < 0,
  };
}

// Waits and timeouts as bars beside their lanes: {lane, first and last row, text, open: it would go
// on after the last row}.
export function timersOf(playedCase, lanes, rows) {
  return rows
    .map((row, at) => {
      if (row.kind !== 'timer') return null;
      const step = playedCase.timeline[row.steps[0]];
      const stated = statedLength(step);
      return stated === null
        ? firedTimer(row, at, rows, step, lanes)
        : statedTimer(row, at, rows, stated);
    })
    .filter(timer => timer !== null);
}
