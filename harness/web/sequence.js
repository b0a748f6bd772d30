// The timeline of one case as a sequence diagram: client, proxy and each backend as lanes, time
// downwards, long waits folded.

import { element, svg } from './elements.js';
import { layOut } from './sequence_layout.js';
import { drawFold, drawHeads, drawLanes, drawRow, drawTimer } from './sequence_marks.js';
import { lanesOf, rowsOf, timersOf } from './sequence_rows.js';
import { Tip } from './sequence_tip.js';
import { length, moment } from './times.js';

const HEADS = 32;         // the height of the lanes' names
const USUAL_WIDTH = 900;  // where the container is not shown yet
const SLOTS = 3;          // bars beside each other

const widths = new WeakMap();  // of a container → {width, observer}

function inWords(step) {
  return `${moment(step.at)} s, ${step.who} ${step.what}`;
}

// Bars that overlap stand beside each other.
function slotsOf(timers) {
  const taken = [];
  return timers.map(timer => {
    const beside = taken.filter(([other]) => other.lane === timer.lane && other.last >= timer.first);
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
    const label = row.steps.map(index => inWords(playedCase.timeline[index])).join('; ');
    const time = at === 0 || moment(grid.rows[at - 1].at) !== moment(row.at);
    return drawRow(row, grid, row.wait > 0 ? `after ${length(row.wait)}: ${label}` : label, time);
  });
  const size = { width: grid.width, height: grid.height, viewBox: `0 0 ${grid.width} ${grid.height}` };
  const body = svg('svg', { ...size, class: 'sequence-body', role: 'listbox', 'aria-label': 'Steps of the timeline' },
    svg('g', { 'aria-hidden': 'true' }, ...drawLanes(grid)),
    ...grid.rows.filter(row => row.wait > 0).map(row => drawFold(row, grid)),
    ...timers.map((timer, at) => drawTimer(timer, slots[at], grid)),
    ...drawn);
  return { body, options: drawn.map(row => row.querySelector('.hit')) };
}

// Arrow keys go from row to row; the tip follows the pointer and the focus.
function makeKeys(body, options, tip, show, choose) {
  const focus = at => {
    const to = Math.min(Math.max(at, 0), options.length - 1);
    options.forEach((option, index) => option.setAttribute('tabindex', index === to ? 0 : -1));
    options[to].focus();
  };
  const moves = { ArrowDown: at => at + 1, ArrowUp: at => at - 1, Home: () => 0, End: () => options.length - 1, PageDown: at => at + 10, PageUp: at => at - 10 };
  body.addEventListener('keydown', event => {
    const at = options.indexOf(document.activeElement);
    if (event.key === 'Escape') tip.hide();
    if (at < 0) return;
    if (event.key === 'Enter' || event.key === ' ') choose(at);
    else if (moves[event.key]) focus(moves[event.key](at));
    else return;
    event.preventDefault();
  });
  options.forEach((option, at) => {
    option.addEventListener('pointerenter', () => show(at));
    option.addEventListener('focus', () => show(at));
    option.addEventListener('click', () => { focus(at); choose(at); });
    option.addEventListener('blur', () => tip.hide());
  });
  body.addEventListener('pointerleave', () => tip.hide());
}

function listOf(playedCase, until) {
  const steps = playedCase.timeline.filter(step => step.at <= until);
  return element('details', { class: 'sequence-list' },
    element('summary', {}, `The same as a list of ${steps.length} steps`),
    element('ol', {}, ...steps.map(step => element('li', {},
      element('span', { class: 'time' }, `${moment(step.at)} s`), ' ', element('b', {}, step.who), ` ${step.what}`))));
}

function legendOf(playedCase) {
  if (!(playedCase.timeline_cut > 0)) return null;
  return element('p', { class: 'faint' }, `${playedCase.timeline_cut} more steps are left out.`);
}

function redrawWhenResized(container, playedCase, options, width) {
  widths.get(container)?.observer.disconnect();
  const observer = new ResizeObserver(() => {
    if (!container.isConnected) return observer.disconnect();
    const now = container.clientWidth;
    if (now > 0 && Math.abs(now - width) > 8) drawSequence(container, playedCase, options);
  });
  widths.set(container, { observer });
  observer.observe(container);
}

function select(options, rows, selected) {
  const at = rows.findIndex(row => row.steps.includes(selected));
  options.forEach((option, index) => {
    option.setAttribute('aria-selected', String(index === at));
    option.setAttribute('tabindex', index === Math.max(at, 0) ? 0 : -1);
  });
  return at;
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
  const lanes = lanesOf(playedCase);
  const rows = rowsOf(playedCase, lanes, until);
  const width = container.clientWidth || USUAL_WIDTH;
  const scrolled = container.querySelector('.sequence-box');
  const [left, top] = [scrolled?.scrollLeft ?? 0, scrolled?.scrollTop ?? 0];
  const open = container.querySelector('.sequence-list')?.open ?? false;

  const grid = layOut(container, width - 2, lanes, rows);
  const { body, options: drawn } = drawBody(playedCase, lanes, grid);
  const heads = svg('svg', {
    class: 'sequence-heads', width: grid.width, height: HEADS, viewBox: `0 0 ${grid.width} ${HEADS}`, 'aria-hidden': 'true',
  }, ...drawHeads(lanes.titles, grid));
  const box = element('div', { class: 'sequence-box' }, heads, body);
  const frame = element('div', { class: 'sequence' }, box);
  const list = options.list === false ? null : listOf(playedCase, until);
  if (list) list.open = open;
  container.replaceChildren(...[frame, legendOf(playedCase), list].filter(Boolean));

  const tip = new Tip(frame, box);
  const show = at => tip.show(drawn[at], grid.rows[at].steps.map(index => playedCase.timeline[index]));
  const choose = at => {
    select(drawn, grid.rows, grid.rows[at].steps[0]);
    options.onselect?.(grid.rows[at].steps[0]);
  };
  if (drawn.length > 0) {
    makeKeys(body, drawn, tip, show, choose);
    const at = select(drawn, grid.rows, options.selected ?? -1);
    box.scrollTo(left, options.follow ? box.scrollHeight : top);
    if (at >= 0) drawn[at].scrollIntoView({ block: 'nearest' });
  }
  redrawWhenResized(container, playedCase, options, width);
}
