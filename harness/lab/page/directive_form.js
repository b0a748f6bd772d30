// A directive of the proxy, set by its name where the scenario file has it.
import { make } from './dom.js';
import { directive, setDirective } from './toml_edit.js';

// Those that people try first; the file may have any.
const KNOWN = [
  'proxy_connect_timeout',
  'proxy_send_timeout',
  'proxy_read_timeout',
  'proxy_next_upstream',
  'proxy_next_upstream_tries',
  'proxy_next_upstream_timeout',
  'proxy_buffering',
  'proxy_buffer_size',
  'proxy_http_version',
  'proxy_request_buffering',
  'client_max_body_size',
  'keepalive_timeout',
  'send_timeout',
];

const field = (id, size, more) =>
  make('input', { id, size, autocomplete: 'off', spellcheck: 'false', ...more });

// `text()` is the file now, `change(text)` is told what it becomes.
export function directiveForm(text, change) {
  const name = field('directive', 26, { list: 'directives' });
  const value = field('value', 10, { placeholder: '30s' });
  const options = KNOWN.map(one => make('option', { value: one }));
  const form = make(
    'form',
    { class: 'directive' },
    make('h3', {}, 'Change a directive of the proxy'),
    make('span', { class: 'pair' }, make('label', { for: 'directive' }, 'Directive'), name),
    make('datalist', { id: 'directives' }, ...options),
    make('span', { class: 'pair' }, make('label', { for: 'value' }, 'Value'), value),
    make('button', {}, 'Set'),
  );
  name.addEventListener('input', () => {
    value.value = directive(text(), name.value.trim());
  });
  form.addEventListener('submit', event => {
    event.preventDefault();
    if (!/^\w+$/.test(name.value.trim())) return name.focus();
    change(setDirective(text(), name.value.trim(), value.value.trim()));
  });
  return form;
}
