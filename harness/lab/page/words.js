// Numbers as people say them.
import { length } from './web/times.js';

const REASONS = {
  200: 'OK',
  201: 'Created',
  204: 'No Content',
  206: 'Partial Content',
  301: 'Moved Permanently',
  302: 'Found',
  304: 'Not Modified',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Not Allowed',
  408: 'Request Time-out',
  413: 'Request Entity Too Large',
  414: 'Request-URI Too Large',
  429: 'Too Many Requests',
  499: 'Client Closed Request',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Temporarily Unavailable',
  504: 'Gateway Time-out',
};

export const reason = status => REASONS[status] ?? '';

export const counted = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

// A clock that counts: "0:07.3", "1:00.0".
export function counting(seconds) {
  const tenths = Math.floor(Math.max(seconds, 0) * 10 + 1e-6);
  const minutes = Math.floor(tenths / 600);
  return `${minutes}:${String(Math.floor(tenths / 10) % 60).padStart(2, '0')}.${tenths % 10}`;
}

const UNITS = { '': 's', ms: 'ms', s: 's', m: 'min', h: 'h', d: 'days' };
const BYTES = { '': 'bytes', k: 'KiB', m: 'MiB', g: 'GiB' };

// A slider's stop, written as in a configuration, for people: "60s" → "60 s", "8k" → "8 KiB".
export function valueInWords(kind, value) {
  const units = { time: UNITS, size: BYTES }[kind];
  const [, number, unit] = /^(\d+)([a-z]*)$/i.exec(value) ?? [];
  const word = units?.[unit?.toLowerCase()];
  return word ? `${number} ${word}` : value;
}

// How long the user waited.
export const after = response =>
  response.elapsed < 0.0005 ? 'at once' : `after ${length(response.elapsed)}`;

// A response in a few words: "504 Gateway Time-out after 60 s".
export function answer(response) {
  const status = response.status
    ? `${response.status} ${reason(response.status)}`.trim()
    : 'no answer';
  return `${status} ${after(response)}`;
}

// Many responses in a line: "41 × 200 OK (1 s to 41 s), 59 × 504 Gateway Time-out (60 s)".
export function tally(responses) {
  const groups = new Map();
  for (const { status, elapsed } of responses)
    groups.set(status, [...(groups.get(status) ?? []), elapsed]);
  return [...groups]
    .map(([status, times]) => {
      const [least, most] = [Math.min(...times), Math.max(...times)].map(length);
      const name = status ? `${status} ${reason(status)}`.trim() : 'no answer';
      return `${times.length} × ${name} (${least === most ? least : `${least} to ${most}`})`;
    })
    .join(', ');
}

const NO_STATUS = { left: 'the user had left', none: 'no answer' };

// The same by what a load's intervals have counted: {"200": 960, "502": 12}.
function tallyOfLoad({ statuses }) {
  const all = {};
  for (const { counts } of statuses)
    for (const [status, count] of Object.entries(counts)) all[status] = (all[status] ?? 0) + count;
  return Object.entries(all)
    .map(
      ([status, count]) =>
        `${count} × ${/^\d/.test(status) ? `${status} ${reason(status)}`.trim() : (NO_STATUS[status] ?? status)}`,
    )
    .join(', ');
}

// All that users got, in a line. Of very many, the server keeps those at both ends.
export function tallyOf(run, done, running) {
  const cut = running ? 0 : (run.responses_cut ?? 0);
  if (cut === 0) return `All ${done.length}: ${tally(done)}.`;
  const all = done.length + cut;
  if (run.load) return `All ${all}: ${tallyOfLoad(run.load)}.`;
  return `Of ${all}, ${cut} in the middle are left out; the others: ${tally(done)}.`;
}

// What became of the page itself.
export function page(response) {
  if (!response.status) {
    if (response.completeness === 'raw') return 'something that is not HTTP';
    if (response.connection_end === 'left') return 'the user had left before';
    return response.connection_end === 'RST'
      ? 'the connection was reset'
      : 'the connection was closed';
  }
  const bytes = counted(response.body_bytes, 'byte');
  if (response.completeness === 'cut') return `the page stops in the middle, after ${bytes}`;
  return response.body_bytes ? `a whole page of ${bytes}` : 'an empty page';
}

const MOST_MISMATCHES = 3;

// What must be said of how a case went; empty: it is as its file expects.
export function verdictInWords({ state, reason: why, mismatches = [] }) {
  if (state === 'skipped') return `Not played: ${why}.`;
  if (state === 'broken') return `This run does not count: ${why}.`;
  if (state !== 'failed') return '';
  const told = mismatches
    .slice(0, MOST_MISMATCHES)
    .map(({ what, expected, actual }) => `${what}: expected ${expected}, was ${actual}`);
  const more = mismatches.length - told.length;
  return `Not as expected: ${told.join('; ')}${more > 0 ? `; and ${more} more` : ''}.`;
}
