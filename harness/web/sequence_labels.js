// Short words for a step of a timeline, where its arrow already says from whom and to whom.

import { length, parseLength } from './times.js';

// The first that fits; $1 is what it found. Words of the recorder that are not here stay as they are.
const SHORTER = [
  [/^sends (?=[A-Z]+ )/, ''],
  [/^sends response \d+: /, ''],
  [/^receives no status line, /, 'no status line, '],
  [/^receives /, ''],
  [/^connects to .*$/, 'connects'],
  [/^is connected to .*$/, 'connected'],
  [/^takes a kept connection to .*$/, 'on a kept connection'],
  [/^has sent the request to .*, (\d+ bytes)$/, 'request, $1'],
  [/^has the response header of .*: (.*)$/, 'response header: $1'],
  [/^has done with .*, (.*)$/, 'done, $1'],
  [/^gives up on .*: error: 111 .*$/, 'RST, connection refused'],
  [/^gives up on [^:]*: (.*)$/, 'gives up: $1'],
  [/^has answered (499.*)$/, 'logs $1'],
  [/^has answered /, 'answers '],
  [/^has read the request: (.*)$/, 'reads $1'],
  [/^accepts the client's connection$/, 'accepts the connection'],
  [/^the peer (?:has closed it|closes)(.*)$/, 'FIN$1'],
  [/^has sent its body of (.*)$/, 'body, $1'],
  [/^(FIN|RST) sent /, '$1 '],
  [/^SYN dropped.*$/, 'SYN, dropped'],
];
const CONNECTION = /^connection \d+: /;
const LENGTH = /\b(?:\d+h)?(?:\d+m)?(?:\d+(?:\.\d+)?s)?\b/g;

// "waits 1m15s" is "waits 75 s", as on the torn line, and stays on one line.
function withLengths(text) {
  return text.replace(LENGTH, found => {
    const seconds = found === '' ? null : parseLength(found);
    return seconds === null ? found : length(seconds).replaceAll(' ', '\u00a0');
  });
}

export function shortLabel(step) {
  const what = step.what
    .replace(CONNECTION, '')
    .replace(/ after 0ms$/, '')
    .replace(', whole,', ',');
  for (const [pattern, short] of SHORTER) {
    if (pattern.test(what)) return withLengths(what.replace(pattern, short));
  }
  return withLengths(what);
}

// How long a step says that it lasts ("waits 1m15s"), in seconds; null: it does not say.
export function statedLength(step) {
  const match = /\b(?:waits|nothing for|stops .* for) ([\dhms.]+)/.exec(step.what);
  return match ? parseLength(match[1]) : null;
}

function toneOfLog(step) {
  const level = /^\[(\w+)\]/.exec(step.what)?.[1];
  if (level === undefined || level === 'info' || level === 'notice') return 'faint';
  return level === 'warn' ? 'warn' : 'bad';
}

function toneOfStatus(step) {
  const status = /(?:^|HTTP\/\d\.\d |Status: |receives |: |^answered )([1-5]\d\d)\b/.exec(
    step.what,
  )?.[1];
  if (/no status line|cut short/.test(step.what)) return 'bad';
  if (status === undefined) return '';
  return { 2: 'good', 3: 'good', 4: 'warn', 5: 'bad' }[status[0]] ?? '';
}

// "good", "warn", "bad", "faint" or "": which of base.css's colours a step has.
export function toneOf(step) {
  if (step.kind === 'log') return toneOfLog(step);
  if (step.kind === 'response') return toneOfStatus(step);
  if (step.kind === 'rst' || step.kind === 'drop') return 'bad';
  if (step.kind === 'retry' || step.kind === 'event') return 'warn';
  if (/^gives up on|process gone|refused|no route|dropped|denied/.test(step.what)) return 'bad';
  if (step.kind === 'timer') return 'warn';
  if (step.kind === 'connect' || step.kind === 'fin') return 'faint';
  return ['request', 'data'].includes(step.kind) ? 'link' : '';
}
