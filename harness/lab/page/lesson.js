// A lesson: on the left what there is to do, on the right what comes of it. Its whole state is the
// learner's settings and actions; the server plays them from the start, each time.
import * as api from './api.js';
import { Checklist } from './checklist.js';
import { controls } from './controls.js';
import { fillDebrief } from './debrief.js';
import { announce, calm, make } from './dom.js';
import { LessonButtons, brokenBy } from './lesson_buttons.js';
import { panel, shows } from './panels.js';
import { curlText, download, showText } from './save.js';
import * as store from './store.js';
import { NOTHING, Theatre } from './theatre.js';
import { serversIn } from './toml_edit.js';

const EMPTY = { settings: {}, actions: [], done: [], hints: [], steps: 0 };
const MOST_ACTIONS = 100;

export const progressKey = id => `lesson/${id}`;
export const readProgress = id => store.read(progressKey(id), EMPTY);

class Lesson {
  constructor(lesson, lessons, signal) {
    Object.assign(this, { lesson, lessons, signal, state: readProgress(lesson.id), latest: 0 });
    this.theatre = new Theatre(signal, name => this.labelOf(name));
    this.checklist = new Checklist(lesson.steps, this.state.hints, id =>
      this.keep({ hints: [...new Set([...this.state.hints, id])] }),
    );
    this.error = make('p', { class: 'refused', role: 'alert', hidden: true });
    this.controls = make('div', { class: 'control-list' });
    this.debrief = make('section', {
      class: 'debrief',
      hidden: true,
      tabindex: -1,
      'aria-labelledby': 'debrief-title',
    });
    this.played = null;
    this.buttons = new LessonButtons(lesson, {
      act: action => this.act(action),
      undo: () => this.undo(),
      beginAfresh: () => this.beginAfresh(),
      resetSettings: () => this.resetSettings(),
      save: () => this.save(),
      curl: () => this.curl(),
    });
  }

  // The server names what was sent "2 report": the second request, and its id.
  labelOf(name) {
    const [, id] = /^\d+ (.*)$/.exec(name) ?? [];
    return this.lesson.requests.find(one => one.id === id)?.label ?? name;
  }

  keep(change) {
    Object.assign(this.state, change);
    store.write(progressKey(this.lesson.id), this.state);
  }

  // Adds to the story and plays it.
  act(action) {
    if (this.state.actions.length >= MOST_ACTIONS)
      return this.refuse('This story is long enough. Begin afresh to go on.');
    this.keep({ actions: [...this.state.actions, action] });
    if (action.kind === 'send') this.bringIntoView();
    this.play();
  }

  // Where all stands below each other, the picture may be out of sight.
  bringIntoView() {
    const picture = this.theatre.diagram.element;
    if (picture.getBoundingClientRect().top > innerHeight * 0.7)
      picture
        .closest('.panel')
        .scrollIntoView({ behavior: calm() ? 'auto' : 'smooth', block: 'start' });
  }

  change(id, value) {
    this.keep({ settings: { ...this.state.settings, [id]: value } });
    this.showControls(id);
    this.play(true);
  }

  undo() {
    this.keep({ actions: this.state.actions.slice(0, -1) });
    this.play();
  }

  beginAfresh() {
    this.keep({ actions: [] });
    this.play();
    announce('Nothing is broken and nothing is sent. Settings and ticked steps stay');
  }

  resetSettings() {
    this.keep({ settings: {} });
    this.showControls();
    this.play(true);
    announce('All settings are as at the start');
  }

  refuse(words) {
    this.error.textContent = words;
    this.error.hidden = !words;
  }

  async play(compares = false, told = false) {
    const mine = ++this.latest;
    this.showButtons();
    this.desk.setAttribute('aria-busy', 'true');
    this.giveUp?.();
    const { signal, abort } = api.linked(this.signal);
    this.giveUp = abort;
    const { settings, actions } = this.state;
    let answer;
    try {
      answer = await api.play({ lesson: this.lesson.id, settings, actions, seed: 1 }, signal);
    } catch (error) {
      if (error.name === 'AbortError' || mine !== this.latest) return;
      this.desk.removeAttribute('aria-busy');
      return this.refuse(error.message);
    }
    if (mine !== this.latest || this.signal.aborted) return;
    this.refuse('');
    const before = this.played;
    this.played = answer;
    this.theatre.seen.compare(compares ? before?.case : null);
    await this.theatre.present(
      answer.case ?? { ...NOTHING, backends: serversIn(answer.toml ?? '').map(name => ({ name })) },
      answer.case?.modelled_seconds ?? 0,
      told,
    );
    if (mine === this.latest) this.desk.removeAttribute('aria-busy');
    this.tick(answer.done ?? [], !told);
  }

  // A step that is done once stays done, whatever the learner tries afterwards.
  tick(done, saying) {
    const known = this.lesson.steps.map(step => step.id);
    this.keep({
      done: known.filter(id => this.state.done.includes(id) || done.includes(id)),
      steps: known.length,
    });
    this.checklist.show(this.state.done, saying);
    const all = this.state.done.length === known.length;
    if (all && this.debrief.hidden) this.showDebrief(saying);
  }

  showDebrief(saying) {
    fillDebrief(this.debrief, this.lesson, this.lessons);
    this.debrief.hidden = false;
    if (saying) announce('All steps are done. The debrief is at the end of the page');
  }

  showControls(focus) {
    const list = this.lesson.controls ?? [];
    this.controls.replaceChildren(
      ...controls(list, this.state.settings, (id, value) => this.change(id, value)),
    );
    const at = list.findIndex(control => control.id === focus);
    if (at >= 0) this.controls.children[at].querySelector('input, select').focus();
  }

  showButtons() {
    const { actions } = this.state;
    this.buttons.show(this.state);
    const unseen = brokenBy(actions).size > 0 && actions.at(-1).kind !== 'send';
    this.theatre.say(
      unseen ? 'Something is broken now. Send a request to see what comes of it.' : '',
    );
  }

  save() {
    if (this.played?.toml) download(`${this.lesson.id}.toml`, this.played.toml);
  }

  curl() {
    const { actions } = this.state;
    const first = actions.findIndex(action => action.kind === 'send');
    const sends = actions.filter(action => action.kind === 'send').length;
    const later = first >= 0 && actions.slice(first).some(action => action.kind !== 'send');
    showText(
      'The same with curl',
      curlText(`${this.lesson.id}.toml`, this.played?.curl ?? [], { sends, later }),
      `${this.lesson.id}.sh`,
    );
  }

  fill(place) {
    const { lesson, theatre } = this;
    const buttons = this.buttons.elements(this.controls, this.error);
    const left = make('div', { class: 'left stays' }, panel('do', 'Try it', ...buttons));
    this.desk = make('div', { class: 'desk' }, left, shows(theatre));
    place.append(
      make(
        'div',
        { class: 'opening' },
        make(
          'header',
          { class: 'story' },
          make('p', { class: 'crumb' }, `Lesson ${lesson.number} of ${this.lessons.length}`),
          make('h1', {}, lesson.title),
          ...lesson.story.map(text => make('p', {}, text)),
        ),
        panel('todo', 'Your steps', this.checklist.count, this.checklist.element),
      ),
      this.desk,
      this.debrief,
    );
    this.showControls();
    this.showButtons();
    this.checklist.show(this.state.done, false);
    theatre.present(NOTHING, 0, true);
    this.play(false, true);
  }
}

export async function showLesson(place, [id], signal) {
  const [lesson, lessons] = await Promise.all([api.lesson(id ?? '', signal), api.lessons(signal)]);
  new Lesson(lesson, lessons, signal).fill(place);
}
