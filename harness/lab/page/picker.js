// Finds a scenario of the catalogue by its words.
import { make } from './dom.js';
import { counted } from './words.js';

const MOST = 40;

// A field and what it finds; `choose(name)` when one is taken.
export function picker(scenarios, choose) {
  const all = scenarios.map(one => ({
    ...one,
    words: `${one.name} ${one.title} ${one.cause}`.toLowerCase(),
  }));
  const field = make('input', {
    type: 'search',
    id: 'search',
    placeholder: 'timeout, keepalive, 502 …',
    'aria-controls': 'found',
  });
  const list = make('ul', { id: 'found', class: 'found' });
  const count = make('span', { class: 'count', role: 'status' });
  const take = name => {
    field.value = '';
    open(false);
    choose(name);
  };
  const fill = () => {
    const words = field.value.toLowerCase().split(/\s+/);
    const found = all.filter(one => words.every(word => one.words.includes(word)));
    list.replaceChildren(
      ...found
        .slice(0, MOST)
        .map(one =>
          make(
            'li',
            {},
            make(
              'button',
              { type: 'button', class: 'quiet', onclick: () => take(one.name) },
              one.title,
              make('small', {}, one.name),
            ),
          ),
        ),
    );
    const most = !list.hidden && found.length > MOST ? `, the first ${MOST} shown` : '';
    count.textContent = `${counted(found.length, 'scenario')}${most}`;
  };
  const browse = make(
    'button',
    { type: 'button', class: 'quiet', 'aria-expanded': 'false', 'aria-controls': 'found' },
    'Browse',
  );
  const open = shows => {
    browse.setAttribute('aria-expanded', String(shows));
    list.hidden = !shows;
    fill();
  };
  browse.addEventListener('click', () => open(list.hidden));
  field.addEventListener('input', () => open(field.value !== ''));
  open(false);
  return make(
    'section',
    { class: 'picker' },
    make('label', { for: 'search' }, 'Search the catalogue'),
    field,
    make('p', { class: 'count-line' }, count, browse),
    list,
  );
}
