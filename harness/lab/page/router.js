// Which page the address names: "#/lesson/slow". Each page is a function (place, parts, signal) that
// fills `place`; `signal` is aborted when the page is left, and with it whatever it still waits for.
import { make } from './dom.js';

let leave = new AbortController();

// A link inside the page, as the one that skips to the content, is no route.
const route = () =>
  (location.hash.startsWith('#/') ? location.hash.slice(2) : '').split('/').map(part => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  });

function failed(place, error) {
  if (error.name === 'AbortError') return;
  place.replaceChildren(
    make('h1', {}, 'This page could not be shown'),
    make('p', { role: 'alert' }, error.message),
    make('p', {}, make('a', { href: '#/' }, 'Back to the start')),
  );
}

function mark(name) {
  for (const link of document.querySelectorAll('header.bar nav a')) {
    if (link.getAttribute('href') === `#/${name}`) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
}

async function show(pages, focus) {
  leave.abort();
  leave = new AbortController();
  const { signal } = leave;
  const [first, ...parts] = route();
  const page = pages[first] ?? pages[''];
  const place = make('div', { class: `page ${page.name}` });
  mark(page.part);
  const main = document.getElementById('page');
  main.setAttribute('aria-busy', 'true');
  try {
    await page.show(place, parts, signal);
  } catch (error) {
    failed(place, error);
  }
  if (signal.aborted) return;
  main.replaceChildren(place);
  main.removeAttribute('aria-busy');
  const title = place.querySelector('h1');
  document.title = title ? `${title.textContent} – badgate lab` : 'badgate lab';
  if (!focus) return;
  scrollTo(0, 0);
  title?.setAttribute('tabindex', '-1');
  title?.focus({ preventScroll: true });
}

// `pages`: first part of the address → {name, part, show}; '' is the start, and where others lead.
export function start(pages) {
  addEventListener('hashchange', () => {
    if (!location.hash || location.hash.startsWith('#/')) show(pages, true);
  });
  document.getElementById('skip').addEventListener('click', event => {
    event.preventDefault();
    document.getElementById('page').focus();
  });
  show(pages, false);
}
