// The end of a lesson: what it was, what helps and what does not, and where it goes on.
import { make } from './dom.js';

const list = (title, kind, items) =>
  items.length
    ? make(
        'div',
        { class: kind },
        make('h3', {}, title),
        make('ul', {}, ...items.map(item => make('li', {}, item))),
      )
    : '';

function seeAlso(names) {
  return names.length
    ? make(
        'p',
        {},
        'The same in the catalogue, to change as you like: ',
        ...names.flatMap((name, i) => [i ? ', ' : '', make('a', { href: `#/free/${name}` }, name)]),
      )
    : '';
}

function next(lesson, lessons) {
  const one = lessons[lessons.findIndex(other => other.id === lesson.id) + 1];
  return one
    ? make('a', { class: 'next', href: `#/lesson/${one.id}` }, `Next lesson: ${one.title}`)
    : make(
        'a',
        { class: 'next', href: '#/incidents' },
        'That was the last lesson. On to the incidents',
      );
}

export function fillDebrief(place, lesson, lessons) {
  place.replaceChildren(
    make('h2', { id: 'debrief-title' }, 'What to take home'),
    ...lesson.debrief.map(text => make('p', {}, text)),
    make(
      'div',
      { class: 'remedies' },
      list('What helps', 'helps', lesson.helps),
      list('What does not help', 'helps-not', lesson.does_not_help),
    ),
    seeAlso(lesson.scenarios ?? []),
    make('p', {}, next(lesson, lessons)),
  );
}
