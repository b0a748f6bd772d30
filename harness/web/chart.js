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

const answers = (counts, all) => all.map(status => `${counts[status]} × ${nameOf(status)}`);

// The bar of one interval: its statuses on each other.
function stack({ at, counts }, all, scale, width) {
  let below = 0;
  const given = all.filter(status => counts[status] > 0);
  const parts = given.map(status => {
    const [bottom, top] = [scale.y(below), scale.y((below += counts[status]))];
    const place = { x: scale.x(at), y: top, width, height: bottom - top };
    return svg('rect', { class: markOf(status, all), ...place });
  });
  const words = `${length(at)}: ${answers(counts, given).join(', ')}`;
  return svg('g', {}, svg('title', {}, words), ...parts);
}

// Stacked bars, one each interval: {interval, statuses: [{at, counts: {"200": 10}}]}.
export function drawStatuses({ statuses, interval }) {
  const all = [...new Set(statuses.flatMap(({ counts }) => Object.keys(counts)))].sort();
  const most = Math.max(1, ...statuses.map(({ counts }) => sum(Object.values(counts))));
  const scale = scaleOf((statuses.at(-1)?.at ?? 0) + interval, roundUp(most));
  const width = Math.max(scale.x(interval) - scale.x(0) - 0.5, 0.75);
  const total = status => sum(statuses.map(({ counts }) => counts[status] ?? 0));
  const totals = Object.fromEntries(all.map(status => [status, total(status)]));
  return figure(
    `Answers each ${length(interval)}`,
    all.map(status => ({
      name: `${nameOf(status)}: ${totals[status]}`,
      mark: markOf(status, all),
    })),
    plot(
      `Answers over time: ${answers(totals, all).join(', ')}`,
      axes(scale),
      ...statuses.map(one => stack(one, all, scale, width)),
    ),
    ['Time', ...all.map(nameOf)],
    statuses.map(({ at, counts }) => [length(at), ...all.map(status => counts[status] ?? 0)]),
  );
}

function stepLine(points, interval, scale) {
  return points
    .map(
      ({ at, value }, index) =>
        `${index === 0 ? 'M' : 'L'}${scale.x(at)} ${scale.y(value)}H${scale.x(at + interval)}`,
    )
    .join('');
}

// A line over time: points [{at, value}], each for `interval` seconds.
export function drawLine(title, unit, points, interval) {
  const most = Math.max(0, ...points.map(({ value }) => value));
  const end = Math.max(0, ...points.map(({ at }) => at)) + interval;
  const scale = scaleOf(end, roundUp(Math.max(1, most)));
  return figure(
    title,
    [{ name: `at most ${most}`, mark: 'line' }],
    plot(
      `${title}: at most ${most}`,
      axes(scale),
      svg('path', { class: 'line', d: stepLine(points, interval, scale) }),
    ),
    ['Time', unit],
    points.map(({ at, value }) => [length(at), value]),
  );
}

// Bars beside each other's names: [{name, value, text}]. They are their own table.
export function drawBars(title, bars) {
  const most = Math.max(...bars.map(({ value }) => value), 1e-9);
  const row = ({ name, value, text }) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, name),
      element(
        'td',
        { class: 'bar', 'aria-hidden': 'true' },
        svg(
          'svg',
          { viewBox: '0 0 100 10', preserveAspectRatio: 'none' },
          svg('rect', { width: (100 * value) / most, height: 10 }),
        ),
      ),
      element('td', { class: 'number' }, text),
    );
  return element(
    'figure',
    { class: 'chart bars' },
    element('figcaption', {}, element('b', {}, title)),
    element('table', {}, element('tbody', {}, ...bars.map(row))),
  );
}

const PERCENTILES = {
  p50: 'half within',
  p90: '90 % within',
  p99: '99 % within',
  max: 'the slowest',
};

function percentilesOf({ percentiles }) {
  return Object.entries(PERCENTILES)
    .filter(([key]) => key in percentiles)
    .map(([key, name]) => ({ name, value: percentiles[key], text: length(percentiles[key]) }));
}

function triesOf(load) {
  return Object.entries(load.attempts_per_request).map(([name, value]) => {
    return { name, value, text: value === 1 ? '1 request' : `${value} requests` };
  });
}

// All charts of a case's `load` into `container`, in place of what was there.
export function drawLoad(container, load) {
  const { queue, workers, interval } = load;
  const tries = triesOf(load);
  const charts = [
    drawStatuses(load),
    queue.length > 0 ? drawLine('Waiting for a worker', 'requests', queue, interval) : null,
    workers.length > 0 ? drawLine('Workers in use', 'workers', workers, interval) : null,
    drawBars('How long answers took', percentilesOf(load)),
    tries.length > 0 ? drawBars('Servers tried for a request', tries) : null,
  ];
  container.replaceChildren(element('div', { class: 'charts' }, ...charts));
}
