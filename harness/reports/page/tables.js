// What a case left behind, as tables and lists: expectations, responses, logs, servers.

import { element } from '../../web/elements.js';
import { length, moment } from '../../web/times.js';
import { counted } from './summary.js';

function table(label, heads, rows) {
  const cell = value =>
    value instanceof Node ? element('td', {}, value) : element('td', {}, String(value));
  return element(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': label },
    element(
      'table',
      {},
      element(
        'thead',
        {},
        element('tr', {}, ...heads.map(head => element('th', { scope: 'col' }, head))),
      ),
      element('tbody', {}, ...rows.map(row => element('tr', {}, ...row.map(cell)))),
    ),
  );
}

function section(title, ...content) {
  return element('section', {}, element('h3', {}, title), ...content);
}

function leftOut(number) {
  return number > 0 ? element('p', { class: 'faint' }, `${number} more are left out.`) : null;
}

export function mismatchesOf(played) {
  if (played.mismatches.length === 0) return null;
  const code = text => element('code', {}, text);
  return section(
    'Expected against actual',
    table(
      'Expected against actual',
      ['What', 'Expected', 'Actual', 'Where'],
      played.mismatches.map(({ what, expected, actual, file, line, column }) => [
        what,
        code(expected),
        code(actual),
        code(`${file}:${line}:${column}`),
      ]),
    ),
  );
}

// "504 after 60 s", "200, cut after 1.5 s".
export function answerOf({ status, completeness, elapsed, client_left: left }) {
  const what = status === 0 ? 'no answer' : String(status);
  const how = left ? ', the client left' : completeness === 'cut' ? ', cut short' : '';
  return `${what}${how} after ${length(elapsed)}`;
}

export function responsesOf(played) {
  if (played.responses.length === 0) return null;
  return section(
    'What clients got',
    table(
      'What clients got',
      ['Request', 'Status', 'Body', 'After', 'Connection'],
      played.responses.map(
        ({ request, status, completeness, body_bytes: bytes, elapsed, connection_end: end }) => [
          request,
          status === 0 ? '–' : status,
          `${completeness}, ${bytes} bytes`,
          length(elapsed),
          end,
        ],
      ),
    ),
    leftOut(played.responses_cut),
  );
}

function log(title, lines, cut) {
  const content =
    lines.length === 0
      ? element('p', { class: 'faint' }, 'empty')
      : element('pre', { tabindex: 0, role: 'region', 'aria-label': title }, ...lines);
  return section(title, content, leftOut(cut));
}

function tone(level) {
  if (['info', 'notice', 'debug'].includes(level)) return 'faint';
  return level === 'warn' ? 'warn' : 'bad';
}

export function logsOf(played) {
  const { error_log: written, access: asked, timeline } = played;
  if (written.length + asked.length + timeline.length === 0) return null;
  const errors = played.error_log.map(({ at, level, message }) =>
    element(
      'span',
      { class: `line ${tone(level)}` },
      element('span', { class: 'faint' }, `${moment(at)} `),
      `[${level}] ${message}\n`,
    ),
  );
  const accesses = played.access.map(({ line }) => element('span', { class: 'line' }, `${line}\n`));
  return element(
    'div',
    { class: 'logs' },
    log('Error log', errors, played.error_log_cut),
    log('Access log', accesses, played.access_cut),
  );
}

function serverOf(backend) {
  const { connections, requests, executed, responses, receipt, log: lines } = backend;
  const work =
    backend.counted === false
      ? 'a real program, of which only the log is known'
      : `${counted(connections, 'connection')}, ${counted(requests, 'request')} read, ${executed} executed, ${responses} answered`;
  return element(
    'li',
    {},
    element('b', {}, backend.name),
    `: ${work}`,
    receipt.length + lines.length > 0
      ? element('ul', {}, ...[...receipt, ...lines].map(line => element('li', {}, line)))
      : null,
  );
}

export function serversOf(played) {
  if (played.backends.length === 0) return null;
  return section(
    'What the servers saw',
    element('ul', { class: 'servers' }, ...played.backends.map(serverOf)),
  );
}

// "10: 9 passed, 1 failed".
function runsOf(repeats) {
  const some = ['passed', 'failed', 'skipped', 'broken'].filter(state => repeats[state] > 0);
  return `${repeats.runs}: ${some.map(state => `${repeats[state]} ${state}`).join(', ')}`;
}

const quoted = text => (/^[\w./:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

// What plays the case again. A scenario brings its remedies along.
function commandOf({ file, name, remedy, options }) {
  const only = remedy === '' ? [] : ['--name', name];
  return ['badgate', 'run', file, ...only, ...options, '--timeline'].map(quoted).join(' ');
}

function fact([name, value]) {
  const code = element('code', {}, String(value));
  return element('div', {}, element('dt', {}, name), element('dd', {}, code));
}

export function detailsOf(played) {
  const { name, file, line, rows, tags, expectations, hash, repeats } = played;
  const facts = [
    ['Name', name],
    ['File', `${file}:${line}`],
    rows.length > 0 ? ['Rows', rows.join(', ')] : null,
    tags.length > 0 ? ['Tags', tags.join(', ')] : null,
    ['Expectations', expectations],
    ['Time', `${length(played.modelled_seconds)} modelled in ${length(played.wall_seconds)}`],
    hash ? ['Timeline', hash] : null,
    repeats ? ['Runs', runsOf(repeats)] : null,
    ['Again', commandOf(played)],
  ];
  const known = facts.filter(each => each !== null);
  return section('About this case', element('dl', { class: 'facts' }, ...known.map(fact)));
}
