// What users see: a small browser window with the latest response, and all of them in a table.
import { announce, make } from './dom.js';
import { length } from './web/times.js';
import { after, answer, page, reason, tallyOf } from './words.js';

const MOST_ROWS = 100; // the latest; how many there were, the tally says

const isGood = response =>
  response.status >= 200 && response.status < 400 && response.completeness !== 'cut';

// When the client had it, on the scenario's clock.
const doneAt = response => response.started + response.elapsed;

// "GET /report": what the client of this response sent then.
function lineOf(run, response) {
  const all = (run.timeline ?? []).filter(
    step => /^client/.test(step.who) && step.what.startsWith('sends '),
  );
  const sent = all.find(step => step.at === response.started) ?? (run.load ? all[0] : null);
  return sent?.what.slice('sends '.length);
}

function windowOf(response, name) {
  const good = isGood(response);
  const status = response.status
    ? `${response.status} ${reason(response.status)}`
    : response.connection_end === 'left'
      ? 'The user has left'
      : 'This page is not working';
  return [
    make('p', { class: 'address' }, name),
    make(
      'div',
      { class: `view ${good ? 'good' : 'bad'}` },
      make('p', { class: 'status' }, status),
      make('p', {}, `${after(response)}, ${page(response)}`),
    ),
  ];
}

function rowOf(response, name, i) {
  return make(
    'tr',
    {},
    make('td', { class: 'number' }, String(i + 1)),
    make('td', {}, name),
    make(
      'td',
      { class: isGood(response) ? 'good' : 'bad' },
      isGood(response) ? '✓ ' : '✕ ',
      response.status ? `${response.status} ${reason(response.status)}` : 'no answer',
    ),
    make('td', { class: 'number' }, length(response.elapsed)),
    make('td', {}, page(response)),
  );
}

export class Seen {
  constructor(nameOf) {
    this.nameOf = nameOf;
    this.window = make('div', { class: 'browser' });
    this.rows = make('tbody', {});
    const heads = ['', 'Request', 'Answer', 'After', 'What came'].map(text =>
      make('th', { scope: 'col' }, text),
    );
    heads[0].setAttribute('aria-label', 'Number');
    this.table = make(
      'div',
      { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'All answers' },
      make('table', { class: 'responses' }, make('thead', {}, make('tr', {}, ...heads)), this.rows),
    );
    this.tally = make('p', { class: 'tally' });
    this.before = make('p', { class: 'before', hidden: true });
    this.element = make(
      'section',
      { class: 'seen' },
      make('h3', {}, 'What the user sees'),
      this.window,
      this.before,
      this.tally,
      this.table,
    );
  }

  // What people call its request.
  name(response) {
    const own = this.nameOf?.(response.request);
    const line = /^request \d+$/.test(response.request) ? lineOf(this.run, response) : null;
    return own ?? line ?? response.request;
  }

  // What came of the same requests with the settings before; null: there is nothing to compare.
  compare(run) {
    const last = run?.responses?.at(-1);
    this.before.hidden = !last;
    this.before.textContent = last ? `Before this change: ${answer(last)}.` : '';
  }

  // Those who had their answer by then; all, when nothing is told any more.
  show(run, { time, running }) {
    const all = run.responses ?? [];
    const done = running ? all.filter(one => doneAt(one) < time) : all;
    if (this.run === run && this.count === done.length) return;
    const more = done.length > (this.run ? this.count : 0);
    [this.run, this.count] = [run, done.length];
    const last = done.at(-1);
    this.window.replaceChildren(
      ...(last
        ? windowOf(last, lineOf(run, last) ?? this.name(last))
        : [
            make(
              'p',
              { class: 'none' },
              all.length ? 'Waiting for the answer …' : 'No request has been sent yet.',
            ),
          ]),
    );
    const first = Math.max(done.length - MOST_ROWS, 0);
    const number = i => i + (i < all.length / 2 ? 0 : (run.responses_cut ?? 0));
    this.rows.replaceChildren(
      ...done.slice(first).map((one, i) => rowOf(one, this.name(one), number(first + i))),
    );
    this.table.hidden = done.length < 2;
    this.tally.textContent = done.length > 2 ? tallyOf(run, done, running) : '';
    if (more && last && !running) announce(`${this.name(last)}: ${answer(last)}, ${page(last)}`);
  }
}
