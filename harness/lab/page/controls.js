// The lesson's sliders and switches: the settings of the proxy that the learner may change.
import { make } from './dom.js';
import { valueInWords } from './words.js';

const idOf = control => `control-${control.id.replace(/[^\w-]/g, '_')}`;

function head(control, tag = 'label') {
  return make(
    tag,
    { for: tag === 'label' ? idOf(control) : null, class: 'control-name' },
    control.label === control.directive ? null : control.label,
    make('code', {}, control.directive),
  );
}

// A slider's value is one of a few stops.
function slider(control, value, change) {
  const stops = control.values.includes(value) ? control.values : [...control.values, value];
  const words = i => valueInWords(control.kind, stops[i]);
  const shown = make('output', { for: idOf(control) }, words(stops.indexOf(value)));
  const input = make('input', {
    type: 'range',
    id: idOf(control),
    min: 0,
    max: stops.length - 1,
    step: 1,
    'aria-valuetext': words(stops.indexOf(value)),
    'aria-describedby': `${idOf(control)}-what`,
  });
  input.value = stops.indexOf(value);
  input.addEventListener('input', () => {
    shown.value = words(input.value);
    input.setAttribute('aria-valuetext', words(input.value));
  });
  input.addEventListener('change', () => change(stops[input.value]));
  return [head(control), make('div', { class: 'slide' }, input, shown)];
}

function choice(control, value, change) {
  const select = make(
    'select',
    { id: idOf(control), 'aria-describedby': `${idOf(control)}-what` },
    ...control.values.map(one => make('option', { value: one, selected: one === value }, one)),
  );
  select.addEventListener('change', () => change(select.value));
  return [head(control), select];
}

function toggle(control, value, change) {
  const state = make('span', {}, value);
  const box = make('input', {
    type: 'checkbox',
    role: 'switch',
    id: idOf(control),
    checked: value === 'on',
    'aria-describedby': `${idOf(control)}-what`,
  });
  box.addEventListener('change', () => {
    state.textContent = box.checked ? 'on' : 'off';
    change(state.textContent);
  });
  return [make('div', { class: 'toggle' }, box, head(control), state)];
}

const MAKERS = { time: slider, number: slider, size: slider, choice, switch: toggle };

// One control each; `change(id, value)` when the learner has chosen another value.
export function controls(list, settings, change) {
  return list.map(control => {
    const value = settings[control.id] ?? control.default;
    const changed = value !== control.default;
    return make(
      'div',
      { class: `control ${changed ? 'changed' : ''}` },
      ...MAKERS[control.kind](control, value, one => change(control.id, one)),
      make(
        'small',
        { id: `${idOf(control)}-what` },
        control.what,
        changed ? ` (It was ${valueInWords(control.kind, control.default)}.)` : null,
      ),
    );
  });
}
