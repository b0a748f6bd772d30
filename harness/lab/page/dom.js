// Elements from data, and how the page speaks to those who do not see it.
export { element as make, svg as drawn } from './web/elements.js';

let said = [];

// Says something to screen readers; what is said at the same time is said together.
export function announce(words) {
  said.push(words);
  if (said.length > 1) return;
  const place = document.getElementById('announcer');
  place.textContent = '';
  setTimeout(() => {
    place.textContent = said.join('. ');
    said = [];
  }, 50);
}

export const calm = () => matchMedia('(prefers-reduced-motion: reduce)').matches;
