// Which cases are shown. The choice is in the address behind "#", so that it can be sent to somebody.

import { element } from '../../web/elements.js';
import { STATES } from './groups.js';

const NOTHING = { text: '', state: '', cause: '', open: '' };

export function readHash(hash) {
  const parameters = new URLSearchParams(hash.replace(/^#/, ''));
  return Object.fromEntries(Object.keys(NOTHING).map(key => [key, parameters.get(key) ?? '']));
}

export function writeHash(choice) {
  const parameters = new URLSearchParams(
    Object.entries(choice).filter(([, value]) => value !== ''),
  );
  return `#${parameters}`;
}

// "failed" alone is every case that is not well.
export function isShown(played, words, choice) {
  if (choice.cause !== '' && played.cause !== choice.cause) return false;
  const bad = choice.state === 'failed' && played.state === 'broken';
  if (choice.state !== '' && played.state !== choice.state && !bad) return false;
  return (
    choice.text === '' ||
    choice.text
      .toLowerCase()
      .split(/\s+/)
      .every(word => words.includes(word))
  );
}

function optionsOf(values, all) {
  return [
    element('option', { value: '' }, all),
    ...values.map(([value, text]) => element('option', { value }, text)),
  ];
}

function controlsOf(report, number) {
  const states = STATES.filter(state => number(state) > 0);
  const named = states.map(state => [state, `${state} (${number(state)})`]);
  // "failures only" chooses it, even where all of them are broken.
  if (number('failed') === 0 && number('broken') > 0) named.unshift(['failed', 'failed (0)']);
  const causes = [...new Set(report.cases.map(({ cause }) => cause))].sort();
  const placeholder = 'name, status, log line';
  return {
    text: element('input', { type: 'search', id: 'text', autocomplete: 'off', placeholder }),
    state: element('select', { id: 'state' }, ...optionsOf(named, 'any')),
    cause: element(
      'select',
      { id: 'cause' },
      ...optionsOf(
        causes.map(cause => [cause, cause]),
        'any',
      ),
    ),
    failed: element('input', { type: 'checkbox', id: 'failed' }),
    count: element('output', { for: 'text state cause failed', 'aria-live': 'polite' }),
  };
}

function listen(form, { text, state, cause, failed }, changed) {
  const tell = () => changed({ text: text.value.trim(), state: state.value, cause: cause.value });
  text.addEventListener('input', tell);
  state.addEventListener('change', tell);
  cause.addEventListener('change', tell);
  failed.addEventListener('change', () => {
    state.value = failed.checked ? 'failed' : '';
    tell();
  });
  form.addEventListener('reset', event => {
    event.preventDefault();
    changed({ text: '', state: '', cause: '' });
  });
  form.addEventListener('submit', event => event.preventDefault());
}

// Fills `form`; `changed` is called with the choice. Returns {show(choice), count(text)}.
export function makeFilters(form, report, changed) {
  const number = state => report.cases.filter(played => played.state === state).length;
  const controls = controlsOf(report, number);
  const { text, state, cause, failed, count } = controls;
  failed.disabled = number('failed') + number('broken') === 0;
  form.append(
    element('label', { class: 'wide' }, 'Find ', text),
    element('label', {}, 'State ', state),
    element('label', {}, 'Cause ', cause),
    element('label', {}, failed, ' failures only'),
    element('button', { type: 'reset' }, 'Show all'),
    count,
  );
  listen(form, controls, changed);
  return {
    show(choice) {
      if (text.value.trim() !== choice.text) text.value = choice.text;
      [state.value, cause.value] = [choice.state, choice.cause];
      failed.checked = choice.state === 'failed';
    },
    count(words) {
      count.value = words;
    },
  };
}
