// Charts of a load: what clients got over time, how long it took, how full the servers were, how
// often requests were tried.

import { element, svg } from './elements.js';
import { PLOT, axes, figure, plot, roundUp, scaleOf } from './chart_marks.js';
import { length } from './times.js';

const NAMES = { none: 'no answer', left: 'client left' };
// Of what a client got: "502", "no answer".
export const nameOf = status => NAMES[status] ?? status;

// The class of a status's colour: "mark s2". Statuses of one class differ in their shade.
function markOf(status, all) {
  if (!/^[1-5]\d\d$/.test(status)) return 'mark other';
  const alike = all.filter(other => other[0] === status[0] && /^\d+$/.test(other));
  return `mark s${status[0]} shade${Math.min(alike.indexOf(status), 3)}`;
}

const sum = numbers => numbers.reduce((total, number) => total + number, 0);

// Stacked bars, one each interval: {interval, statuses: [{at, counts: {"200": 10}}]}.
export function drawStatuses(load) {
  const all = [...new Set(load.statuses.flatMap(({ counts }) => Object.keys(counts)))].sort();
  const totals = load.statuses.map(({ counts }) => sum(Object.values(counts)));
  const scale = scaleOf((load.statuses.at(-1)?.at ?? 0) + load.interval, roundUp(Math.max(1, ...totals)));
  const width = Math.max(scale.x(load.interval) - scale.x(0) - 0.5, 0.75);
  const bars = load.statuses.map(({ at, counts }) => {
    let below = 0;
    return svg('g', {}, svg('title', {}, `${length(at)}: ${all.filter(status => counts[status]).map(status => `${counts[status]} × ${nameOf(status)}`).join(', ')}`),
      ...all.filter(status => counts[status] > 0).map(status => {
        const [bottom, top] = [scale.y(below), scale.y(below += counts[status])];
        return svg('rect', { class: markOf(status, all), x: scale.x(at), y: top, width, height: bottom - top });
      }));
  });
  const total = status => sum(load.statuses.map(({ counts }) => counts[status] ?? 0));
  const label = `Answers over time: ${all.map(status => `${total(status)} × ${nameOf(status)}`).join(', ')}`;
  return figure(`Answers each ${length(load.interval)}`, all.map(status => ({ name: `${nameOf(status)}: ${total(status)}`, mark: markOf(status, all) })),
    plot(label, axes(scale), ...bars), ['Time', ...all.map(nameOf)],
    load.statuses.map(({ at, counts }) => [length(at), ...all.map(status => counts[status] ?? 0)]));
}

function stepLine(points, interval, scale) {
  return points.map(({ at, value }, index) =>
    `${index === 0 ? 'M' : 'L'}${scale.x(at)} ${scale.y(value)}H${scale.x(at + interval)}`).join('');
}

// A line over time: points [{at, value}], each for `interval` seconds.
export function drawLine(title, unit, points, interval) {
  const most = Math.max(0, ...points.map(({ value }) => value));
  const end = Math.max(0, ...points.map(({ at }) => at)) + interval;
  const scale = scaleOf(end, roundUp(Math.max(1, most)));
  return figure(title, [{ name: `at most ${most}`, mark: 'line' }],
    plot(`${title}: at most ${most}`, axes(scale), svg('path', { class: 'line', d: stepLine(points, interval, scale) })),
    ['Time', unit], points.map(({ at, value }) => [length(at), value]));
}

// Bars beside each other's names: [{name, value, text}]. They are their own table.
export function drawBars(title, bars) {
  const most = Math.max(...bars.map(({ value }) => value), 1e-9);
  const row = ({ name, value, text }) => element('tr', {},
    element('th', { scope: 'row' }, name),
    element('td', { class: 'bar', 'aria-hidden': 'true' },
      svg('svg', { viewBox: '0 0 100 10', preserveAspectRatio: 'none' }, svg('rect', { width: 100 * value / most, height: 10 }))),
    element('td', { class: 'number' }, text));
  return element('figure', { class: 'chart bars' },
    element('figcaption', {}, element('b', {}, title)),
    element('table', {}, element('tbody', {}, ...bars.map(row))));
}

const PERCENTILES = { p50: 'half within', p90: '90 % within', p99: '99 % within', max: 'the slowest' };

// All charts of a case's `load` into `container`, in place of what was there.
export function drawLoad(container, load) {
  const tries = Object.entries(load.attempts_per_request);
  container.replaceChildren(element('div', { class: 'charts' }, ...[
    drawStatuses(load),
    load.queue.length > 0 ? drawLine('Waiting for a worker', 'requests', load.queue, load.interval) : null,
    load.workers.length > 0 ? drawLine('Workers in use', 'workers', load.workers, load.interval) : null,
    drawBars('How long answers took', Object.entries(PERCENTILES).filter(([key]) => key in load.percentiles)
      .map(([key, name]) => ({ name, value: load.percentiles[key], text: length(load.percentiles[key]) }))),
    tries.length > 0 ? drawBars('Servers tried for a request', tries.map(([count, value]) => ({ name: count, value, text: value === 1 ? '1 request' : `${value} requests` }))) : null,
  ].filter(Boolean)));
}
