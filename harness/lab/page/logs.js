// Both logs, as they grow while a timeline is told.
import { make } from './dom.js';
import { MANY_QUIET, entries, isQuiet, isWritten } from './log_lines.js';
import { counted } from './words.js';

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

const gapLine = ({ gap }) => make('li', { class: 'none' }, `… ${counted(gap, 'line is', 'lines are')} left out …`);

class Log {
  constructor(name, what, draw) {
    this.draw = line => (line.gap ? gapLine(line) : draw(line));
    this.list = make('ol', {});
    this.none = make('p', { class: 'none' }, 'Nothing yet.');
    this.box = make('input', { type: 'checkbox', onchange: () => this.begin(this.state) });
    this.words = make('span', {});
    this.quiet = make('label', { class: 'quiet', hidden: true }, this.box, this.words);
    this.scroll = make(
      'div',
      { class: 'log', tabindex: 0, role: 'region', 'aria-label': name },
      this.none,
      this.list,
    );
    const head = make('h3', {}, name, make('small', {}, what));
    this.element = make('section', {}, head, this.quiet, this.scroll);
    this.all = [];
  }

  set(lines, state) {
    this.all = lines;
    const quiet = lines.filter(isQuiet).length;
    this.quiet.hidden = quiet < MANY_QUIET;
    this.words.textContent = ` also the ${quiet} lines below [warn], which nginx writes only if asked to`;
    this.begin(state);
  }

  begin(state) {
    const leaves = !this.quiet.hidden && !this.box.checked;
    this.lines = leaves ? this.all.filter(line => !isQuiet(line)) : this.all;
    this.list.replaceChildren();
    this.count = 0;
    this.show(state);
  }

  // Lines that stay are left alone, so that the eye sees only what is new.
  show(state) {
    this.state = state;
    const before = this.list.children.length;
    while (this.count < this.lines.length && isWritten(this.lines[this.count], state))
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

  show(run, state) {
    if (run !== this.run) {
      this.run = run;
      const { error, access } = entries(run);
      this.error.set(error, state);
      this.access.set(access, state);
    }
    this.error.show(state);
    this.access.show(state);
  }
}
