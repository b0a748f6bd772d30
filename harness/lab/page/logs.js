// Both logs, as they grow while a timeline is told.
import { make } from './dom.js';

const MOST_LINES = 400;

// The times at which lines were written: the timeline has them in the log's order.
function timesOf(run, log) {
  return (run.timeline ?? []).flatMap((step, i) =>
    step.who === log ? [{ at: step.at, step: i }] : [],
  );
}

function entries(run) {
  const error = timesOf(run, 'error.log'),
    access = timesOf(run, 'access.log');
  return {
    error: (run.error_log ?? []).map((line, i) => ({
      ...line,
      step: error[i]?.step ?? Infinity,
      at: line.at ?? error[i]?.at,
    })),
    access: (run.access ?? []).map((line, i) => ({
      ...line,
      step: access[i]?.step ?? Infinity,
      at: access[i]?.at,
    })),
  };
}

const stamp = at => (at === undefined || at === null ? '' : `${at.toFixed(3)} `);

// What a learner's own request has added is marked, by a bar and by a word.
const own = line => (line.own ? make('span', { class: 'unseen' }, 'Yours: ') : '');

const errorLine = line =>
  make(
    'li',
    { class: `level-${line.level} ${line.own ? 'own' : ''}` },
    own(line),
    make('span', { class: 'at' }, stamp(line.at)),
    line.whole ?? [make('b', {}, `[${line.level}] `), line.message],
  );

const accessLine = line =>
  make(
    'li',
    { class: `${line.status >= 500 ? 'level-error' : ''} ${line.own ? 'own' : ''}` },
    own(line),
    make('span', { class: 'at' }, stamp(line.at)),
    line.line,
  );

class Log {
  constructor(name, what, draw) {
    this.draw = draw;
    this.list = make('ol', {});
    this.none = make('p', { class: 'none' }, 'Nothing yet.');
    this.cut = make('p', { class: 'none', hidden: true });
    this.scroll = make(
      'div',
      { class: 'log', tabindex: 0, role: 'region', 'aria-label': name },
      this.cut,
      this.none,
      this.list,
    );
    this.element = make('section', {}, make('h3', {}, name, make('small', {}, what)), this.scroll);
    this.lines = [];
  }

  // Lines that stay are left alone, so that the eye sees only what is new.
  set(lines) {
    this.lines = lines.slice(-MOST_LINES);
    this.list.replaceChildren();
    this.cut.hidden = lines.length <= MOST_LINES;
    this.cut.textContent = `${lines.length - MOST_LINES} earlier lines are left out.`;
    this.count = 0;
  }

  show(steps, running) {
    const before = this.list.children.length;
    while (this.count < this.lines.length && (!running || this.lines[this.count].step < steps))
      this.list.append(this.draw(this.lines[this.count++]));
    this.none.hidden = this.count > 0;
    if (this.list.children.length !== before) this.scroll.scrollTop = this.scroll.scrollHeight;
  }
}

export class Logs {
  constructor() {
    this.error = new Log('error.log', 'what the proxy complains about', errorLine);
    this.access = new Log('access.log', 'one line a request', accessLine);
    this.element = make('div', { class: 'logs' }, this.error.element, this.access.element);
    this.run = null;
  }

  show(run, { steps, running }) {
    if (run !== this.run) {
      this.run = run;
      const { error, access } = entries(run);
      this.error.set(error);
      this.access.set(access);
    }
    this.error.show(steps, running);
    this.access.show(steps, running);
  }
}
