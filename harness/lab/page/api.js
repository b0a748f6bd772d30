// The lab's JSON API. A server that is gone is asked again, with growing pauses, until it is back:
// the page says so meanwhile, and loses nothing.
import { make } from './dom.js';

const PAUSES = [1, 2, 4, 8, 15]; // seconds; the last one again and again

// What the server refused, in its words.
export class Refused extends Error {
  constructor(status, answer) {
    super(
      answer?.error ??
        answer?.message ??
        answer?.text ??
        `The lab's server refused this (${status}).`,
    );
    this.status = status;
    this.answer = answer ?? {};
  }
}

let waiting = 0;
const retries = new Set();

function notice(seconds) {
  const place = document.getElementById('connection');
  if (!seconds) return place.replaceChildren();
  place.replaceChildren(
    make(
      'p',
      { class: 'notice' },
      `The lab's server does not answer. Trying again in ${seconds} s; nothing of yours is lost. `,
      make(
        'button',
        { type: 'button', onclick: () => [...retries].forEach(retry => retry()) },
        'Try now',
      ),
    ),
  );
}

function pause(seconds) {
  return new Promise(done => {
    const go = () => {
      clearTimeout(timer);
      retries.delete(go);
      done();
    };
    const timer = setTimeout(go, seconds * 1000);
    retries.add(go);
  });
}

// The answer to one try; undefined: nobody answered, or it was too busy to.
async function once(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    return undefined;
  }
  if (response.status === 503) return undefined;
  const answer = await response.json().catch(() => undefined);
  if (!response.ok) throw new Refused(response.status, answer);
  if (answer === undefined)
    throw new Refused(response.status, { message: 'The answer is not JSON.' });
  return answer;
}

async function ask(path, options) {
  let lost = false;
  try {
    for (let i = 0; ; ++i) {
      const answer = await once(path, options);
      if (answer !== undefined) return answer;
      if (!lost) ++waiting;
      lost = true;
      const seconds = PAUSES[Math.min(i, PAUSES.length - 1)];
      notice(seconds);
      await pause(seconds);
      options?.signal?.throwIfAborted();
    }
  } finally {
    if (lost && --waiting === 0) notice(0);
  }
}

const name = text => text.split('/').map(encodeURIComponent).join('/');
const post = (path, what, signal) =>
  ask(path, {
    method: 'POST',
    signal,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(what),
  });

export const lessons = signal => ask('/api/lessons', { signal });
export const lesson = (id, signal) => ask(`/api/lessons/${name(id)}`, { signal });
export const play = (what, signal) => post('/api/play', what, signal);
export const check = (toml, signal) => post('/api/check', { toml }, signal);
export const scenarios = signal => ask('/api/scenarios', { signal });
export const scenario = (id, signal) => ask(`/api/scenarios/${name(id)}`, { signal });
export const incidents = (seed, signal) => ask(`/api/incidents?seed=${seed}`, { signal });
export const incident = (seed, id, signal) => ask(`/api/incidents/${seed}/${name(id)}`, { signal });
export const incidentPost = (seed, id, verb, what, signal) =>
  post(`/api/incidents/${seed}/${name(id)}/${verb}`, what, signal);

// A signal that ends with `signal`, or when `abort` is called.
export function linked(signal) {
  const own = new AbortController();
  const abort = () => own.abort();
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true, signal: own.signal });
  return { signal: own.signal, abort };
}
