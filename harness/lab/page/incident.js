// An incident: complaints, logs and a configuration. What the cause is comes only with the answer.
import * as api from './api.js';
import { announce, make } from './dom.js';
import { answered } from './incident_result.js';
import { panel } from './panels.js';
import { Logs } from './logs.js';
import { Seen } from './seen.js';
import * as store from './store.js';
import { counted } from './words.js';

// `first`: the score of the first answer; later ones know what it told.
const EMPTY = { actions: [], hints: [], causes: [], fix: '', answer: null, first: null };
const MOST_SENDS = 20;
const ALL = { steps: Infinity, time: Infinity, running: false };

const keyOf = (seed, id) => `incident/${seed}/${id}`;
export const readIncident = (seed, id) => store.read(keyOf(seed, id), EMPTY);

const texts = value => (Array.isArray(value) ? value : [value]).filter(Boolean);

class Incident {
  constructor(seed, id, incident, signal) {
    Object.assign(this, { seed, id, incident, signal, state: readIncident(seed, id), sent: null });
    this.seen = new Seen(name => this.labelOf(name));
    this.logs = new Logs();
    this.hints = make('ol', { class: 'hints' });
    this.error = make('p', { class: 'refused', role: 'alert', hidden: true });
    this.result = make('section', {
      class: 'result',
      hidden: true,
      tabindex: -1,
      'aria-labelledby': 'result-title',
    });
    this.busy = false;
  }

  // The server names what was sent "sent 2 page": its number, and its id.
  labelOf(name) {
    return this.incident.requests.find(one => name.endsWith(` ${one.id}`))?.label ?? name;
  }

  keep(change) {
    Object.assign(this.state, change);
    store.write(keyOf(this.seed, this.id), this.state);
  }

  async ask(verb, what) {
    this.error.hidden = true;
    try {
      return await api.incidentPost(this.seed, this.id, verb, what, this.signal);
    } catch (error) {
      if (error.name === 'AbortError') return null;
      this.error.textContent = error.message;
      this.error.hidden = false;
      return null;
    }
  }

  // The logs of before, and behind them what one's own requests have added.
  showLogs() {
    const { error, access } = this.incident.logs;
    const { error_log: errors = [], access: lines = [], responses = [] } = this.sent ?? {};
    const run = {
      error_log: [...error.map(asError(false)), ...errors.map(asError(true))],
      access: [...access.map(asAccess(false)), ...lines.map(asAccess(true))],
    };
    this.logs.show(run, ALL);
    this.seen.show({ responses }, ALL);
  }

  async send(request) {
    if (this.busy) return;
    if (this.state.actions.length >= MOST_SENDS) {
      this.error.textContent = `After ${MOST_SENDS} requests one more tells nothing new. Answer, or begin anew.`;
      this.error.hidden = false;
      return;
    }
    this.busy = true;
    const actions = [...this.state.actions, { request }];
    const sent = await this.ask('send', { actions });
    this.busy = false;
    if (!sent) return;
    this.sent = sent;
    this.keep({ actions });
    this.showLogs();
  }

  async hint() {
    const number = this.state.hints.length + 1;
    const hint = await this.ask('hint', { number });
    if (!hint || number !== this.state.hints.length + 1) return;
    this.keep({ hints: [...this.state.hints, hint] });
    this.showHints();
    announce(`Hint ${number}: ${hint.text}`);
  }

  showHints() {
    const { hints } = this.state;
    this.hints.replaceChildren(
      ...hints.map(hint =>
        make('li', {}, hint.text, make('small', {}, ` (cost: ${hint.cost} points)`)),
      ),
    );
    this.hintButton.hidden = hints.length >= this.incident.hints || !!this.state.answer;
    this.hintButton.textContent = `Give me hint ${hints.length + 1} of ${this.incident.hints}`;
  }

  async answer() {
    const causes = [...this.form.querySelectorAll('[name=cause]:checked')].map(box => box.value);
    const fix = this.form.querySelector('[name=fix]:checked')?.value ?? '';
    if (!causes.length || !fix) {
      this.error.textContent = causes.length
        ? 'Choose the fix that you would apply.'
        : 'Choose at least one cause.';
      this.error.hidden = false;
      return;
    }
    const answer = await this.ask('answer', {
      causes,
      fix,
      hints: this.state.hints.length,
      sent: this.state.actions.length,
    });
    if (!answer) return;
    this.keep({ causes, fix, answer, first: this.state.first ?? answer.score });
    this.showAnswer();
    this.result.focus();
    this.result.scrollIntoView({ block: 'start' });
    announce(
      `Score ${answer.score}. Users served: ${answer.users.after.served} of ${answer.users.after.of}`,
    );
  }

  showAnswer() {
    this.form.querySelectorAll('input, button').forEach(one => {
      one.disabled = true;
    });
    this.showHints();
    this.result.hidden = false;
    answered(this.result, this.incident, this.state, () => this.again());
  }

  again() {
    store.write(keyOf(this.seed, this.id), { ...EMPTY, first: this.state.first });
    dispatchEvent(new HashChangeEvent('hashchange'));
  }

  choices(type, name, title, list, chosen) {
    return make(
      'fieldset',
      {},
      make('legend', {}, title),
      ...list.map(one =>
        make(
          'label',
          { class: 'choice' },
          make('input', {
            type,
            name,
            value: one.id,
            checked: chosen.includes(one.id),
            onchange: () => this.keepChoices(),
          }),
          ` ${one.label}`,
        ),
      ),
    );
  }

  keepChoices() {
    const value = name =>
      [...this.form.querySelectorAll(`[name=${name}]:checked`)].map(box => box.value);
    this.keep({ causes: value('cause'), fix: value('fix')[0] ?? '' });
  }

  answerForm() {
    const { causes, fixes } = this.incident;
    const form = make(
      'form',
      {},
      this.choices(
        'checkbox',
        'cause',
        'What is the cause? (in hard incidents more than one)',
        causes,
        this.state.causes,
      ),
      this.choices('radio', 'fix', 'Which fix do you apply?', fixes, [this.state.fix]),
      make('p', { class: 'buttons' }, make('button', { class: 'main' }, 'Apply the fix')),
    );
    form.addEventListener('submit', event => {
      event.preventDefault();
      this.answer();
    });
    return form;
  }

  story() {
    const { title, level, prompt, users_say: say } = this.incident;
    const all = make('a', { href: `#/incidents/${this.seed}` }, `Incidents of seed ${this.seed}`);
    const said = { class: 'complaints', 'aria-label': 'What users say' };
    return make(
      'header',
      { class: 'story' },
      make('p', { class: 'crumb' }, all, `, level ${level}`),
      make('h1', {}, title),
      ...texts(prompt).map(text => make('p', {}, text)),
      make('blockquote', said, ...texts(say).map(text => make('p', {}, text))),
    );
  }

  left() {
    const { requests, hints } = this.incident;
    const sends = requests.map(one =>
      make('button', { type: 'button', onclick: () => this.send(one.id) }, one.label),
    );
    const price = make('small', {}, `There are ${counted(hints, 'hint')}; each costs points.`);
    return make(
      'div',
      { class: 'left' },
      panel('do', 'Ask the system', make('p', { class: 'buttons' }, ...sends), this.seen.element),
      panel('hinting', 'Hints', this.hints, this.hintButton, make('p', {}, price)),
      panel('decide', 'Your answer', this.form, this.error),
    );
  }

  fill(place) {
    this.hintButton = make('button', { type: 'button', onclick: () => this.hint() });
    this.form = this.answerForm();
    const right = make(
      'div',
      { class: 'right' },
      panel('read', 'What the logs say', this.logs.element),
      panel('config', 'The configuration', make('pre', { tabindex: 0 }, this.incident.config)),
    );
    const desk = make('div', { class: 'desk' }, this.left(), right);
    place.append(this.story(), desk, this.result);
    this.showHints();
    this.showLogs();
  }

  // What was there before a reload.
  async resume() {
    if (this.state.answer) this.showAnswer();
    if (!this.state.actions.length) return;
    const sent = await this.ask('send', { actions: this.state.actions });
    if (!sent) return;
    this.sent = sent;
    this.showLogs();
  }
}

// Lines as an operator finds them; `own`: what one's own requests have added.
const asError = own => line => ({
  whole: line,
  level: /\[(\w+)\]/.exec(line)?.[1] ?? 'error',
  own,
});
const asAccess = own => line => ({ line, status: Number(/" (\d{3}) /.exec(line)?.[1] ?? 0), own });

export async function showIncident(place, [seed, id], signal) {
  const page = new Incident(seed, id, await api.incident(Number(seed), id ?? '', signal), signal);
  page.fill(place);
  page.resume();
}
