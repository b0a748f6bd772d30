// Finds a scenario of the catalogue by its words.
import { make } from './dom.js';
import { counted } from './words.js';

const MOST = 40;

class Picker {
  constructor(scenarios, choose) {
    this.choose = choose;
    this.all = scenarios.map(one => ({
      ...one,
      words: `${one.name} ${one.title} ${one.cause}`.toLowerCase(),
    }));
    const finds = { id: 'search', type: 'search', 'aria-controls': 'found' };
    this.field = make('input', { ...finds, placeholder: 'timeout, keepalive, 502 …' });
    this.list = make('ul', { id: 'found', class: 'found' });
    this.count = make('span', { class: 'count', role: 'status' });
    const opens = { type: 'button', class: 'quiet', 'aria-controls': 'found' };
    this.browse = make('button', opens, 'Browse');
    this.browse.addEventListener('click', () => this.open(this.list.hidden));
    this.field.addEventListener('input', () => this.open(this.field.value !== ''));
    this.open(false);
  }

  open(shows) {
    this.browse.setAttribute('aria-expanded', String(shows));
    this.list.hidden = !shows;
    this.fill();
  }

  fill() {
    const words = this.field.value.toLowerCase().split(/\s+/);
    const found = this.all.filter(one => words.every(word => one.words.includes(word)));
    this.list.replaceChildren(...found.slice(0, MOST).map(one => this.rowOf(one)));
    const most = !this.list.hidden && found.length > MOST ? `, the first ${MOST} shown` : '';
    this.count.textContent = `${counted(found.length, 'scenario')}${most}`;
  }

  rowOf({ name, title }) {
    const attributes = { type: 'button', class: 'quiet', onclick: () => this.take(name) };
    return make('li', {}, make('button', attributes, title, make('small', {}, name)));
  }

  take(name) {
    this.field.value = '';
    this.open(false);
    this.choose(name);
  }
}

// A field and what it finds; `choose(name)` when one is taken.
export function picker(scenarios, choose) {
  const { field, count, browse, list } = new Picker(scenarios, choose);
  return make(
    'section',
    { class: 'picker' },
    make('label', { for: 'search' }, 'Search the catalogue'),
    field,
    make('p', { class: 'count-line' }, count, browse),
    list,
  );
}
