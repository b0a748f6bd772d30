// The frames of which pages are made: panels with a title, and groups within them.
import { make } from './dom.js';

export function panel(name, title, ...children) {
  const head = typeof title === 'string' ? make('h2', {}, title) : title;
  head.id = `panel-${name}`;
  const attributes = { class: `panel ${name}`, 'aria-labelledby': head.id };
  return make('section', attributes, head, ...children);
}

export function group(title, ...children) {
  const attributes = { class: 'group', role: 'group', 'aria-label': title };
  return make('div', attributes, make('h3', {}, title), ...children);
}

// What comes of it: the picture with its clock, both logs, and the story step by step.
export function shows(theatre) {
  const { bar, diagram, cut, note, verdict, seen, load, logs, sequence } = theatre;
  return make(
    'div',
    { class: 'right' },
    panel('see', 'What happens', bar, diagram.element, cut, note, verdict, seen.element, load),
    panel('read', 'What the logs say', logs.element),
    panel('told', 'Step by step', sequence),
  );
}
