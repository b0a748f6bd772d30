// Axes and the frame of a chart: a figure with its caption, an SVG and the numbers as a table.

import { element, svg } from './elements.js';
import { length } from './times.js';

// In units of the SVG, which are pixels or nearly so: on a narrow screen there are fewer.
export const PLOT = {
  get width() {
    return window.innerWidth < 640 ? 360 : 560;
  },
  height: 170,
  left: 40,
  right: 12,
  top: 10,
  bottom: 26,
};

// A round number that is no less.
export function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return [1, 1.2, 1.5, 2, 3, 4, 5, 6, 8, 10]
    .map(factor => factor * power)
    .find(round => round >= value);
}

// Maps times and values into the plot. `end` is in seconds, `most` is the top of the axis.
export function scaleOf(end, most) {
  const width = PLOT.width - PLOT.left - PLOT.right;
  const height = PLOT.height - PLOT.top - PLOT.bottom;
  return {
    end,
    most,
    x: at => PLOT.left + (end > 0 ? at / end : 0) * width,
    y: value => PLOT.top + height - (most > 0 ? value / most : 0) * height,
  };
}

function timeMarks(end) {
  const step =
    [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600].find(each => end / each <= 6) ??
    Math.ceil(end / 6);
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, at) => at * step);
}

function anchorOf(at, end) {
  if (at === 0) return 'start';
  return at > 0.95 * end ? 'end' : 'middle';
}

export function axes(scale) {
  const { x, y } = scale;
  const values = scale.most >= 2 ? [0, scale.most / 2, scale.most] : [0, scale.most];
  return svg(
    'g',
    { class: 'axes' },
    ...values.flatMap(value => [
      svg('path', { d: `M${PLOT.left} ${y(value)}H${PLOT.width - PLOT.right}` }),
      svg(
        'text',
        { x: PLOT.left - 6, y: y(value) + 4, 'text-anchor': 'end' },
        Number(value.toFixed(1)),
      ),
    ]),
    ...timeMarks(scale.end).map(at =>
      svg(
        'text',
        { x: x(at), y: PLOT.height - 8, 'text-anchor': anchorOf(at, scale.end) },
        at === 0 ? '0' : length(at),
      ),
    ),
  );
}

export function plot(label, ...children) {
  return svg(
    'svg',
    {
      class: 'plot',
      viewBox: `0 0 ${PLOT.width} ${PLOT.height}`,
      role: 'img',
      'aria-label': label,
    },
    ...children,
  );
}

function headOf(text, at) {
  return element('th', { scope: 'col', class: at > 0 ? 'number' : '' }, text);
}

function cellOf(value, at) {
  if (at === 0) return element('th', { scope: 'row' }, String(value));
  return element('td', { class: 'number' }, String(value));
}

function tableOf(heads, rows) {
  const body = rows.map(row => element('tr', {}, ...row.map(cellOf)));
  const table = element(
    'table',
    {},
    element('thead', {}, element('tr', {}, ...heads.map(headOf))),
    element('tbody', {}, ...body),
  );
  const area = { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Numbers' };
  return element(
    'details',
    { class: 'numbers' },
    element('summary', {}, 'The numbers'),
    element('div', area, table),
  );
}

// A figure of a chart. `keys` is a legend: [{name, mark: the class of its colour}].
export function figure(title, keys, drawing, heads, rows) {
  return element(
    'figure',
    { class: 'chart' },
    element(
      'figcaption',
      {},
      element('b', {}, title),
      ...keys.map(({ name, mark }) =>
        element('span', { class: 'key' }, element('i', { class: mark }), name),
      ),
    ),
    drawing,
    tableOf(heads, rows),
  );
}
