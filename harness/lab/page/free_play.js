// Free play: a scenario file, changed live. Every change is played from the start.
import * as api from './api.js';
import { directiveForm } from './directive_form.js';
import { announce, make } from './dom.js';
import { Editor } from './editor.js';
import { panel, shows } from './panels.js';
import { picker } from './picker.js';
import { curlText, download, showText } from './save.js';
import * as store from './store.js';
import { NOTHING, Theatre } from './theatre.js';
import { remediesIn } from './toml_edit.js';

const FIRST = `title = "All is well, until you change something"

[proxy]
proxy_read_timeout = "60s"

[[upstream.app]]
fault = { slow = "header", delay = "75s" }

[[request]]
path = "/report"
`;
const MOST_BYTES = 200_000;

class FreePlay {
  constructor(scenarios, signal) {
    Object.assign(this, { scenarios, signal, latest: 0, played: null, remedy: '', original: '' });
    this.state = store.read('free', { name: '', toml: FIRST });
    this.theatre = new Theatre(signal);
    this.editor = new Editor(text => this.edited(text));
    this.title = make('h2', { tabindex: -1 });
    this.about = make('p', { class: 'about' });
    this.remedies = make('div', { class: 'group', role: 'group', 'aria-label': 'Remedies' });
    this.result = make('p', { class: 'remedy-result', role: 'status' });
    this.error = make('p', { class: 'refused', role: 'alert', hidden: true });
  }

  keep(change) {
    Object.assign(this.state, change);
    store.write('free', this.state);
  }

  edited(text) {
    this.keep({ toml: text });
    this.remedy = '';
    this.showRemedies();
    this.play();
  }

  // `original`: what the catalogue has under that name.
  open(name, toml, about, original = '') {
    this.original = original;
    this.keep({ name, toml });
    this.editor.text = toml;
    this.remedy = '';
    this.title.textContent = name || 'A scenario of your own';
    this.about.textContent = about ?? '';
    this.showRemedies();
    return this.play();
  }

  async choose(name) {
    try {
      const one = await api.scenario(name, this.signal);
      this.open(name, one.toml, one.explanation?.story, one.toml);
      this.title.focus();
    } catch (error) {
      this.refuse(error);
    }
  }

  // What was open before a reload, with the learner's changes.
  async restore() {
    const { name, toml } = this.state;
    const known = this.scenarios.some(one => one.name === name);
    const one = known ? await api.scenario(name, this.signal).catch(() => null) : null;
    if (!this.signal.aborted) this.open(name, toml, one?.explanation?.story, one?.toml);
  }

  refuse(error) {
    if (error.name === 'AbortError') return;
    const mistakes = error.answer?.diagnostics;
    this.editor.show(mistakes ?? []);
    this.error.textContent = mistakes?.length ? '' : error.message;
    this.error.hidden = !!mistakes?.length;
    if (mistakes?.length) announce(`${mistakes[0].message}, line ${mistakes[0].line}`);
  }

  // What the server is asked to play. Some things only the catalogue's own files may do, word for
  // word: a network of their own, a socket that is not there.
  whatToPlay() {
    const { name, toml } = this.state;
    const what = this.original && toml === this.original ? { scenario: name } : { toml };
    return { ...what, ...(this.remedy ? { remedy: this.remedy } : {}), seed: 1 };
  }

  // Checks first: a file with mistakes is not played, and what is shown stays. The play before is
  // given up: nobody looks at it any more.
  async play() {
    const mine = ++this.latest;
    const stale = () => mine !== this.latest || this.signal.aborted;
    this.giveUp?.();
    const { signal, abort } = api.linked(this.signal);
    this.giveUp = abort;
    this.desk.setAttribute('aria-busy', 'true');
    try {
      const what = this.whatToPlay();
      const { diagnostics } = what.toml ? await api.check(what.toml, signal) : { diagnostics: [] };
      if (stale()) return;
      if (diagnostics.length) return this.refuse({ answer: { diagnostics } });
      const answer = await api.play(what, signal);
      if (stale()) return;
      this.played = answer;
      this.editor.show([]);
      this.error.hidden = true;
      await this.theatre.present(answer.case, answer.case.modelled_seconds ?? 0, false);
    } catch (error) {
      if (!stale()) this.refuse(error);
    } finally {
      if (!stale()) this.desk.removeAttribute('aria-busy');
    }
  }

  async tryRemedy(name, known) {
    this.remedy = this.remedy === name ? '' : name;
    this.showRemedies();
    const what =
      this.remedy && known
        ? `${known.title}: ${known.helps ? 'this helps' : 'this does not help'}.`
        : '';
    await this.play();
    this.result.textContent = what;
  }

  showRemedies() {
    const known = this.scenarios.find(one => one.name === this.state.name)?.remedies ?? [];
    const names = remediesIn(this.state.toml);
    this.result.textContent = '';
    this.remedies.hidden = names.length === 0;
    this.remedies.replaceChildren(
      make('h3', {}, 'Remedies'),
      make(
        'p',
        { class: 'buttons' },
        ...names.map(name => {
          const remedy = known.find(one => one.name === name);
          return make(
            'button',
            {
              type: 'button',
              'aria-pressed': String(name === this.remedy),
              onclick: () => this.tryRemedy(name, remedy),
            },
            remedy?.title ?? name.replaceAll('_', ' '),
          );
        }),
      ),
      this.result,
    );
  }

  directiveForm() {
    return directiveForm(
      () => this.editor.text,
      text => {
        this.editor.text = text;
        this.edited(text);
      },
    );
  }

  upload() {
    const field = make('input', { type: 'file', id: 'upload', accept: '.toml,text/plain' });
    field.addEventListener('change', async () => {
      const [file] = field.files;
      if (!file) return;
      if (file.size > MOST_BYTES)
        return this.refuse(new Error(`${file.name} is larger than a scenario file may be.`));
      this.open('', await file.text());
    });
    return make('p', {}, make('label', { for: 'upload' }, 'or open a file of your own '), field);
  }

  fileName() {
    return `${this.state.name.split('/').at(-1) || 'my-scenario'}.toml`;
  }

  curl() {
    showText(
      'The same with curl',
      curlText(this.fileName(), this.played?.curl ?? []),
      this.fileName().replace('.toml', '.sh'),
    );
  }

  left() {
    const button = (label, act) => make('button', { type: 'button', onclick: act }, label);
    const row = (...buttons) => make('p', { class: 'buttons' }, ...buttons);
    return make(
      'div',
      { class: 'left' },
      panel(
        'find',
        'Which scenario',
        picker(this.scenarios, name => this.choose(name)),
        this.upload(),
        row(button('Begin a new one', () => this.open('', FIRST))),
      ),
      panel(
        'write',
        this.title,
        this.about,
        this.remedies,
        this.directiveForm(),
        make('h3', {}, 'The scenario file'),
        this.editor.element,
        this.error,
        row(
          button('Save as file', () => download(this.fileName(), this.editor.text)),
          button('As curl', () => this.curl()),
        ),
      ),
    );
  }

  fill(place) {
    const { theatre } = this;
    this.desk = make('div', { class: 'desk wide-left' }, this.left(), shows(theatre));
    place.append(make('h1', {}, 'Free play'), this.desk);
    theatre.present(NOTHING, 0, true);
  }
}

export async function showFreePlay(place, parts, signal) {
  const page = new FreePlay(
    await api.scenarios(signal).then(list => list.scenarios ?? list),
    signal,
  );
  page.fill(place);
  if (parts.join('/')) page.choose(parts.join('/'));
  else page.restore();
}
