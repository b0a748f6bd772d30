// Finds a scenario of the catalogue by its words.
import { make } from './dom.js';
import { counted } from './words.js';

const MOST = 40;

// A field and what it finds; `choose(name)` when one is taken.
export function picker(scenarios, choose) {
  const all = scenarios.map(one => ({ ...one, words: `${one.name} ${one.title} ${one.cause}`.toLowerCase() }));
  const field = make('input', { type: 'search', id: 'search', placeholder: 'timeout, keepalive, 502 …', 'aria-controls': 'found' });
  const list = make('ul', { id: 'found', class: 'found' });
  const count = make('p', { class: 'count', role: 'status' });
  const fill = () => {
    const words = field.value.toLowerCase().split(/\s+/);
    const found = all.filter(one => words.every(word => one.words.includes(word)));
    list.replaceChildren(...found.slice(0, MOST).map(one => make('li', {},
      make('button', { type: 'button', class: 'quiet', onclick: () => choose(one.name) }, one.title, make('small', {}, one.name)))));
    count.textContent = found.length > MOST ? `${MOST} of ${found.length} shown` : counted(found.length, 'scenario');
  };
  field.addEventListener('input', fill);
  fill();
  return make('section', { class: 'picker' },
    make('label', { for: 'search' }, 'Search the catalogue'), field, count, list);
}
