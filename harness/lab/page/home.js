// The start: lessons in order, incidents of a seed, free play, and how far the learner has come.
import * as api from './api.js';
import { readProgress } from './lesson.js';
import { readIncident } from './incident.js';
import { firstScore } from './incident_result.js';
import { make } from './dom.js';
import * as store from './store.js';
import { counted } from './words.js';

const LEVELS = ['', 'one cause, plain logs', 'logs that mislead', 'several causes at once'];

function lessonRow(lesson) {
  const { done, actions, steps } = readProgress(lesson.id);
  const state = steps > 0 && done.length >= steps;
  const words = state
    ? 'done'
    : done.length
      ? `${done.length} of ${counted(steps, 'step')}`
      : actions.length
        ? 'begun'
        : '';
  return make(
    'li',
    { class: state ? 'finished' : '' },
    make('a', { href: `#/lesson/${lesson.id}` }, lesson.title),
    make(
      'span',
      { class: 'meta' },
      `${lesson.minutes} min`,
      words
        ? make('span', { class: `badge ${state ? 'good' : ''}` }, state ? `✓ ${words}` : words)
        : '',
    ),
    make('p', {}, lesson.summary),
  );
}

function incidentRow(seed, incident, number) {
  const { answer, actions, hints, first } = readIncident(seed, incident.id);
  const words = answer
    ? `score ${answer.score}${firstScore(first, answer.score)}`
    : first !== null
      ? `first try: ${first}`
      : actions.length || hints.length
        ? 'begun'
        : '';
  return make(
    'li',
    {},
    make('a', { href: `#/incident/${seed}/${incident.id}` }, `${number}. ${incident.title}`),
    words
      ? make(
          'span',
          { class: 'meta' },
          make('span', { class: `badge ${answer ? 'good' : ''}` }, words),
        )
      : '',
  );
}

function levels(seed, incidents) {
  return [1, 2, 3].flatMap(level => {
    const of = incidents.filter(incident => incident.level === level);
    if (!of.length) return [];
    return [
      make('h3', {}, `Level ${level}: ${LEVELS[level]}`),
      make(
        'ol',
        { class: 'cards' },
        ...of.map(one => incidentRow(seed, one, incidents.indexOf(one) + 1)),
      ),
    ];
  });
}

function seedForm(seed) {
  const field = make('input', {
    id: 'seed',
    inputmode: 'numeric',
    pattern: '[0-9]{1,9}',
    required: true,
    size: 10,
    value: seed,
    'aria-describedby': 'seed-what',
  });
  const form = make(
    'form',
    { class: 'seed' },
    make('label', { for: 'seed' }, 'Class seed '),
    field,
    ' ',
    make('button', {}, 'Deal these incidents'),
    make(
      'small',
      { id: 'seed-what' },
      'The same seed deals the same incidents to everybody. What you do stays in this browser.',
    ),
  );
  form.addEventListener('submit', event => {
    event.preventDefault();
    if (!/^\d{1,9}$/.test(field.value)) return;
    store.write('seed', { seed: Number(field.value) });
    location.hash = `#/incidents/${Number(field.value)}`;
  });
  return form;
}

// The seed of the address, or the last one, or one of one's own.
function seedOf(text) {
  const kept = store.read('seed', { seed: 0 });
  const seed = /^\d{1,9}$/.test(text ?? '')
    ? Number(text)
    : kept.seed || 1 + Math.floor(Math.random() * 99999);
  if (seed !== kept.seed) store.write('seed', { seed });
  return seed;
}

const sections = {
  async lessons(signal) {
    const lessons = await api.lessons(signal);
    return make(
      'section',
      { 'aria-labelledby': 'lessons-title' },
      make('h2', { id: 'lessons-title' }, 'Lessons'),
      make(
        'p',
        {},
        'One for each family of causes, in an order that teaches: break something, look at it, mend it.',
      ),
      make('ol', { class: 'cards numbered' }, ...lessons.map(lessonRow)),
    );
  },
  async incidents(signal, text) {
    const seed = seedOf(text);
    const { incidents } = await api.incidents(seed, signal);
    return make(
      'section',
      { 'aria-labelledby': 'incidents-title' },
      make('h2', { id: 'incidents-title' }, 'Incidents'),
      make(
        'p',
        {},
        'Users complain, and all you have are logs, a configuration and requests that you may send. Find the cause and choose the fix.',
      ),
      seedForm(seed),
      ...levels(seed, incidents),
    );
  },
  async free() {
    return make(
      'section',
      { 'aria-labelledby': 'free-title' },
      make('h2', { id: 'free-title' }, 'Free play'),
      make(
        'p',
        {},
        'Any scenario of the catalogue, or one of your own: change it and see at once what comes of it. ',
        make('a', { href: '#/free' }, 'Open free play'),
      ),
    );
  },
};

// One part that cannot be shown leaves the others.
function failed(error) {
  if (error.name === 'AbortError') throw error;
  return make('p', { class: 'refused', role: 'alert' }, error.message);
}

export async function showHome(place, [only, ...parts], signal) {
  const names = sections[only] ? [only] : ['lessons', 'incidents', 'free'];
  const made = await Promise.all(names.map(name => sections[name](signal, parts[0]).catch(failed)));
  place.append(
    make(
      'h1',
      {},
      only === 'lessons'
        ? 'Lessons'
        : only === 'incidents'
          ? 'Incidents'
          : 'Why did the proxy answer that?',
    ),
    names.length > 1
      ? make(
          'p',
          { class: 'lead' },
          'A proxy, servers behind it that break as you like, and a clock on which a minute of waiting costs nothing.',
        )
      : '',
    ...made,
  );
}
