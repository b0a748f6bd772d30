// The timeline of one case as a sequence diagram: client, proxy and each backend as lanes, time
// downwards, long waits folded.

import { element, svg } from './elements.js';
import { layOut } from './sequence_layout.js';
import { drawFold, drawHeads, drawLanes, drawRow, drawTimer } from './sequence_marks.js';
import { cutAt, cutInWords, lanesOf, rowsOf, timersOf } from './sequence_rows.js';
import { Tip } from './sequence_tip.js';
import { length, moment } from './times.js';

const HEADS = 32; // the height of the lanes' names
const USUAL_WIDTH = 900; // where the container is not shown yet
const SLOTS = 3; // bars beside each other

const observers = new WeakMap(); // of containers whose width is watched

function inWords(step) {
  return `${moment(step.at)} s, ${step.who} ${step.what}`;
}

// Bars that overlap stand beside each other.
function slotsOf(timers) {
  const taken = [];
  return timers.map(timer => {
    const beside = taken.filter(
      ([other]) => other.lane === timer.lane && other.last >= timer.first,
    );
    let slot = 0;
    while (slot < SLOTS && beside.some(([, used]) => used === slot)) ++slot;
    taken.push([timer, slot]);
    return slot;
  });
}

function drawBody(playedCase, lanes, grid) {
  const timers = timersOf(playedCase, lanes, grid.rows);
  const slots = slotsOf(timers);
  const drawn = grid.rows.map((row, at) => {
    const words = row.steps.map(index => inWords(playedCase.timeline[index])).join('; ');
    const label = words || row.label;
    const before = at === 0 || grid.rows[at - 1].type === 'gap' ? null : grid.rows[at - 1];
    const time = row.type !== 'gap' && (!before || moment(before.at) !== moment(row.at));
    return drawRow(row, grid, row.wait > 0 ? `after ${length(row.wait)}: ${label}` : label, time);
  });
  const size = {
    width: grid.width,
    height: grid.height,
    viewBox: `0 0 ${grid.width} ${grid.height}`,
  };
  const body = svg(
    'svg',
    { ...size, class: 'sequence-body', role: 'listbox', 'aria-label': 'Steps of the timeline' },
    svg('g', { 'aria-hidden': 'true' }, ...drawLanes(grid)),
    ...grid.rows.filter(row => row.wait > 0).map(row => drawFold(row, grid)),
    ...timers.map((timer, at) => drawTimer(timer, slots[at], grid)),
    ...drawn,
  );
  return { body, hits: drawn.map(row => row.querySelector('.hit')) };
}

const MOVES = {
  ArrowDown: at => at + 1,
  ArrowUp: at => at - 1,
  Home: () => 0,
  End: () => Infinity,
  PageDown: at => at + 10,
  PageUp: at => at - 10,
};

// Arrow keys go from row to row; the tip follows the pointer and the focus.
function makeKeys(body, hits, { show, hide, choose }) {
  const focus = at => {
    const to = Math.min(Math.max(at, 0), hits.length - 1);
    hits.forEach((hit, index) => hit.setAttribute('tabindex', index === to ? 0 : -1));
    hits[to].focus();
  };
  body.addEventListener('keydown', event => {
    const at = hits.indexOf(document.activeElement);
    if (event.key === 'Escape') hide();
    if (at < 0) return;
    if (event.key === 'Enter' || event.key === ' ') choose(at);
    else if (MOVES[event.key]) focus(MOVES[event.key](at));
    else return;
    event.preventDefault();
  });
  const press = at => {
    focus(at);
    choose(at);
  };
  hits.forEach((hit, at) => {
    hit.addEventListener('pointerenter', () => show(at));
    hit.addEventListener('focus', () => show(at));
    hit.addEventListener('click', () => press(at));
    hit.addEventListener('blur', hide);
  });
  body.addEventListener('pointerleave', hide);
}

function itemOf(step) {
  return element(
    'li',
    {},
    element('span', { class: 'time' }, `${moment(step.at)} s`),
    ' ',
    element('b', {}, step.who),
    ` ${step.what}`,
  );
}

function listOf(playedCase, until, open) {
  const steps = playedCase.timeline.filter(step => step.at <= until);
  return element(
    'details',
    { class: 'sequence-list', open },
    element('summary', {}, `The same as a list of ${steps.length} steps`),
    element(
      'ol',
      {},
      ...steps.flatMap((step, index) => [
        index === cutAt(playedCase)
          ? element('li', { class: 'faint' }, `… ${cutInWords(playedCase)} …`)
          : '',
        itemOf(step),
      ]),
    ),
  );
}

function redrawWhenResized(container, playedCase, options, width) {
  observers.get(container)?.disconnect();
  const observer = new ResizeObserver(() => {
    if (!container.isConnected) return observer.disconnect();
    const now = container.clientWidth;
    if (now > 0 && Math.abs(now - width) > 8) drawSequence(container, playedCase, options);
  });
  observers.set(container, observer);
  observer.observe(container);
}

// Marks the row of a step, and says which it is; -1: none.
function select(hits, rows, step) {
  const at = rows.findIndex(row => row.steps.includes(step));
  hits.forEach((hit, index) => {
    hit.setAttribute('aria-selected', String(index === at));
    hit.setAttribute('tabindex', index === Math.max(at, 0) ? 0 : -1);
  });
  return at;
}

function headsOf(lanes, grid) {
  const size = { width: grid.width, height: HEADS, viewBox: `0 0 ${grid.width} ${HEADS}` };
  const heads = drawHeads(lanes.titles, grid);
  return svg('svg', { ...size, class: 'sequence-heads', 'aria-hidden': 'true' }, ...heads);
}

// What a new drawing takes over from the one before: where it was scrolled to, which row had the
// focus, whether the list was open.
function stateOf(container) {
  const box = container.querySelector('.sequence-box');
  const hits = [...container.querySelectorAll('.hit')];
  return {
    left: box?.scrollLeft ?? 0,
    top: box?.scrollTop ?? 0,
    focused: hits.indexOf(document.activeElement),
    open: container.querySelector('.sequence-list')?.open ?? false,
  };
}

function restore(box, hits, before, at, follow) {
  box.scrollTo(before.left, follow ? box.scrollHeight : before.top);
  if (at >= 0) hits[at].scrollIntoView({ block: 'nearest' });
  hits[before.focused]?.focus({ preventScroll: true });
}

// Draws `playedCase` (a case of the JSON report) into `container`, in place of what was there.
// Options:
//   until     only what happened up to this moment, in seconds (for a live play); the rest of the
//             timeline is not shown
//   selected  the index of a step whose row is marked and brought into view
//   onselect  called with the index of a step when its row is clicked, or Enter is pressed on it
//   list      false: without the list of the same steps below
//   follow    true: scrolls to the last row
export function drawSequence(container, playedCase, options = {}) {
  const until = options.until ?? Infinity;
  const before = stateOf(container);
  const width = container.clientWidth || USUAL_WIDTH;
  const lanes = lanesOf(playedCase);
  const grid = layOut(container, width - 2, lanes, rowsOf(playedCase, lanes, until));
  const { body, hits } = drawBody(playedCase, lanes, grid);
  const box = element('div', { class: 'sequence-box' }, headsOf(lanes, grid), body);
  const frame = element('div', { class: 'sequence' }, box);
  const list = options.list === false ? null : listOf(playedCase, until, before.open);
  container.replaceChildren(...[frame, list].filter(Boolean));

  const tip = new Tip(frame);
  const stepsOf = at => grid.rows[at].steps;
  makeKeys(body, hits, {
    show: at =>
      stepsOf(at).length > 0 &&
      tip.show(
        hits[at],
        stepsOf(at).map(index => playedCase.timeline[index]),
      ),
    hide: () => tip.hide(),
    choose: at => {
      if (stepsOf(at).length === 0) return; // of what is left out
      select(hits, grid.rows, stepsOf(at)[0]);
      options.onselect?.(stepsOf(at)[0]);
    },
  });
  const at = select(hits, grid.rows, options.selected ?? -1);
  restore(box, hits, before, at, options.follow);
  redrawWhenResized(container, playedCase, options, width);
}
