// The picture, what users see, both logs and the sequence diagram of one run, told step by step at the
// speed that the learner has chosen.
import { make } from './dom.js';
import { Diagram } from './diagram.js';
import { Logs } from './logs.js';
import { SPEEDS, Playback } from './playback.js';
import { Seen } from './seen.js';
import * as store from './store.js';
import { drawLoad } from './web/chart.js';
import { drawSequence } from './web/sequence.js';
import { length } from './web/times.js';
import { counting, verdictInWords } from './words.js';

export const NOTHING = {
  responses: [],
  access: [],
  error_log: [],
  backends: [],
  timeline: [],
  modelled_seconds: 0,
};

function speedChoice(chosen, change) {
  return make(
    'div',
    { class: 'speed', role: 'radiogroup', 'aria-labelledby': 'speed-title' },
    make('span', { id: 'speed-title' }, 'Waiting'),
    ...SPEEDS.map(speed =>
      make(
        'label',
        { title: speed.what },
        make('input', {
          type: 'radio',
          name: 'speed',
          value: speed.id,
          checked: speed.id === chosen,
          onchange: () => change(speed.id),
        }),
        ` ${speed.label}`,
      ),
    ),
  );
}

export class Theatre {
  // `nameOf(name)`: what a request is called for people.
  constructor(signal, nameOf) {
    this.speed = store.read('speed', { id: 'instant' }).id;
    this.run = NOTHING;
    this.diagram = new Diagram();
    this.seen = new Seen(nameOf);
    this.logs = new Logs();
    this.clock = make('output', { class: 'clock', 'aria-label': 'Time of the story' });
    this.skip = make(
      'button',
      { type: 'button', hidden: true, onclick: () => this.playback.skip() },
      'Skip this wait',
    );
    this.end = make(
      'button',
      { type: 'button', hidden: true, onclick: () => this.playback.finish() },
      'To the end',
    );
    this.choice = speedChoice(this.speed, id => this.choose(id));
    this.note = make('p', { class: 'note', role: 'status' });
    this.bar = make('div', { class: 'clock-bar' }, this.clock, this.skip, this.end, this.choice);
    this.load = make('div', { class: 'load', hidden: true });
    this.cut = make('p', { class: 'none', hidden: true });
    this.verdict = make('p', { class: 'verdict', role: 'status', hidden: true });
    this.sequence = make('div', { class: 'told-steps' });
    this.playback = new Playback(state => this.show(state));
    signal?.addEventListener('abort', () => this.playback.stop());
  }

  say(words) {
    if (this.note.textContent !== words) this.note.textContent = words;
  }

  choose(id) {
    this.speed = id;
    store.write('speed', { id });
    if (id === 'instant') this.playback.finish();
    else this.playback.speed = id;
  }

  // Shows `run`. What it has in common with the run before is there at once; the rest is told.
  // `end`: until when the scenario's clock goes. Resolves once all is told.
  present(run, end, told) {
    const before = this.run;
    this.run = run;
    this.drawn = -1;
    const from = told ? run.timeline.length : same(before.timeline, run.timeline);
    return new Promise(done => {
      this.done = done;
      if (told) this.playback.set(run.timeline, end);
      else this.playback.tell(run.timeline, end, from, run.timeline[from - 1]?.at ?? 0, this.speed);
    });
  }

  show(state) {
    this.diagram.show(this.run, state);
    this.seen.show(this.run, state);
    this.logs.show(this.run, state);
    this.showClock(state);
    this.showSequence(state);
    this.showLoad(state);
    this.showCut(state);
    this.showVerdict(state);
    if (state.running) return;
    this.done?.();
    this.done = null;
  }

  // Told at once, it is drawn once; at a speed, it grows.
  showSequence({ steps, time, running }) {
    if (steps === this.drawn || (running && this.speed === 'instant')) return;
    this.drawn = steps;
    if (this.run.timeline.length === 0)
      this.sequence.replaceChildren(make('p', { class: 'none' }, 'Nothing has happened yet.'));
    else if (this.sequence.isConnected)
      drawSequence(
        this.sequence,
        this.run,
        running ? { until: time, follow: true, list: false } : {},
      );
  }

  // Of a long story the server keeps both ends.
  showCut({ running }) {
    const { timeline, timeline_cut: cut } = this.run;
    this.cut.hidden = running || !(cut > 0);
    this.cut.textContent =
      cut > 0
        ? `Of ${timeline.length + cut} steps, ${cut} in the middle are left out of the picture.`
        : '';
  }

  // Whether it was played at all, and whether it came as the file expects.
  showVerdict({ running }) {
    const words = running ? '' : verdictInWords(this.run);
    this.verdict.hidden = !words;
    if (this.verdict.textContent !== words) this.verdict.textContent = words;
  }

  // A load is too much for a picture of each request: charts tell it, at the end.
  showLoad({ running }) {
    const load = running ? null : this.run.load;
    this.load.hidden = !load;
    if (load && this.charted !== load) drawLoad(this.load, load);
    this.charted = load;
  }

  showClock({ time, next, running }) {
    const wait = running && this.speed !== 'instant' ? next - time : 0;
    this.clock.value =
      wait > 0.5 ? `${counting(time)} · next in ${length(Math.ceil(wait))}` : counting(time);
    this.skip.hidden = !(wait > 0.5);
    this.end.hidden = !running || this.speed === 'instant';
    this.bar.classList.toggle('running', running);
  }
}

// How many steps both stories begin with.
function same(one, other) {
  const most = Math.min(one.length, other.length);
  for (let i = 0; i < most; ++i)
    if (one[i].at !== other[i].at || one[i].who !== other[i].who || one[i].what !== other[i].what)
      return i;
  return most;
}
