// What a learner can do in a lesson: break and heal, send and wait, take back, and take home.
import { make } from './dom.js';
import { group } from './panels.js';

const WAITS = [
  { time: '1s', words: '1 s' },
  { time: '10s', words: '10 s' },
  { time: '60s', words: '60 s' },
];

// The ids of what is broken after these actions.
export function brokenBy(actions) {
  const healed = actions.findLastIndex(action => action.kind === 'heal');
  const since = actions.slice(healed + 1).filter(action => action.kind === 'break');
  return new Set(since.map(action => action.id));
}

const button = (label, act, more) =>
  make('button', { type: 'button', onclick: act, ...more }, label);

const row = (...buttons) => make('p', { class: 'buttons' }, ...buttons);

export class LessonButtons {
  // `does`: {act(action), undo(), beginAfresh(), resetSettings(), save(), curl()}.
  constructor(lesson, does) {
    Object.assign(this, { lesson, does });
    const { breaks } = lesson;
    this.breaks = new Map(breaks.map(one => [one.id, this.breakButton(one)]));
    this.whats = new Map(breaks.map(one => [one.id, make('small', {}, one.what)]));
    this.heal = button('Heal', () => does.act({ kind: 'heal' }));
    this.undo = button('Undo', does.undo, { title: 'Takes back the last thing you did' });
    this.afresh = button('Begin afresh', does.beginAfresh, {
      title: 'Forgets what was broken and sent; keeps the settings',
    });
    this.reset = button('Reset settings', does.resetSettings);
  }

  breakButton({ id, label, what }) {
    const more = { title: what, 'aria-pressed': 'false', 'data-break': id };
    return button(label, () => this.does.act({ kind: 'break', id }), more);
  }

  sendButton({ id, label, method, path }, i) {
    const more = { class: i ? '' : 'main', title: `${method} ${path}`, 'data-send': id };
    return button(label, () => this.does.act({ kind: 'send', request: id }), more);
  }

  waitButton({ time, words }) {
    const more = { 'data-wait': time };
    return button(`Wait ${words}`, () => this.does.act({ kind: 'wait', time }), more);
  }

  // All of them, in groups; `settings` and what was refused stand between them.
  elements(settings, refused) {
    const { does, lesson } = this;
    const sends = lesson.requests.map((one, i) => this.sendButton(one, i));
    const breaks = row(...this.breaks.values(), this.heal);
    return [
      this.breaks.size ? group('Break', breaks, ...this.whats.values()) : null,
      group('Use', row(...sends), row(...WAITS.map(one => this.waitButton(one)))),
      lesson.controls.length ? group('Change', settings) : null,
      refused,
      make(
        'p',
        { class: 'buttons quiet-row' },
        this.undo,
        this.afresh,
        this.reset,
        button('Save as scenario file', does.save),
        button('As curl', does.curl),
      ),
    ];
  }

  // Which can be pressed, and which are: after these actions and settings.
  show({ actions, settings }) {
    const broken = brokenBy(actions);
    for (const [id, one] of this.breaks) {
      one.setAttribute('aria-pressed', String(broken.has(id)));
      this.whats.get(id).hidden = this.breaks.size > 1 && !broken.has(id);
    }
    this.heal.disabled = broken.size === 0;
    this.undo.disabled = this.afresh.disabled = actions.length === 0;
    this.reset.disabled = this.lesson.controls.every(
      one => (settings[one.id] ?? one.default) === one.default,
    );
  }
}
