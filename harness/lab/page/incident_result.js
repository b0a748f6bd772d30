// What came of an answer: users served before and after, the score, and what it was.
import { make } from './dom.js';
import { drawSequence } from './web/sequence.js';

function served(title, { served: good, of }) {
  const bar = make('span', { class: 'bar' });
  bar.style.width = `${of ? (100 * good) / of : 0}%`;
  return make(
    'div',
    { class: 'served' },
    make('p', {}, `${title}: `, make('b', {}, `${good} of ${of}`), ' users served'),
    make('div', { class: 'bar-frame', 'aria-hidden': 'true' }, bar),
  );
}

// A choice, and whether it was right.
function verdict(good, words) {
  return make('li', { class: good ? 'good' : 'bad' }, `${good ? '✓' : '✕'} ${words}`);
}

function verdicts(incident, { causes, fix, answer }) {
  const label = (list, id) => list.find(one => one.id === id)?.label ?? id;
  const wrong = causes.filter(id => !answer.causes_right.includes(id));
  return [
    ...answer.causes_right.map(id => verdict(true, `Right cause: ${label(incident.causes, id)}`)),
    ...answer.causes_missed.map(id => verdict(false, `Missed: ${label(incident.causes, id)}`)),
    ...wrong.map(id => verdict(false, `Not a cause here: ${label(incident.causes, id)}`)),
    verdict(
      answer.fix_right,
      `${answer.fix_right ? 'The right fix' : 'Not the fix'}: ${label(incident.fixes, fix)}`,
    ),
  ];
}

// After the first answer the causes are known: what counts is how it went before.
export const firstScore = (first, score) =>
  first === null || first === score ? '' : ` (first try: ${first})`;

// Fills `place`; `again` begins the incident anew.
export function answered(place, incident, state, again) {
  const { answer } = state;
  const steps = make('div', { class: 'told-steps' });
  place.replaceChildren(
    make(
      'h2',
      { id: 'result-title' },
      answer.fix_right ? 'Users are served again' : 'It is not over yet',
    ),
    make(
      'p',
      { class: 'score' },
      'Score ',
      make('b', {}, String(answer.score)),
      firstScore(state.first, answer.score),
    ),
    served('Before', answer.users.before),
    served('After your fix', answer.users.after),
    make('ul', { class: 'verdicts' }, ...verdicts(incident, state)),
    ...answer.explanation.map(text => make('p', {}, text)),
    make('h3', {}, 'What had happened, step by step'),
    steps,
    make(
      'p',
      { class: 'buttons' },
      make('button', { type: 'button', onclick: again }, 'Begin this incident anew'),
      make('a', { href: '#/incidents' }, 'All incidents'),
    ),
  );
  if (answer.case?.timeline?.length) requestAnimationFrame(() => drawSequence(steps, answer.case));
  else steps.append(make('p', { class: 'none' }, 'Nothing was kept of it.'));
}
