// What a sequence diagram is drawn with: arrows and their ends, points, notes, bands, bars of
// timers, folded waits.

import { svg } from './elements.js';
import { length, moment } from './times.js';

const HEAD = 7; // an arrow's
const SHORT_OF = 3; // an arrow ends so far from its lane
const VOID = 0.62; // a dropped packet comes so far
const TOOTH = 7; // of a torn line
const BAR = 5;
const CHARACTER = 7; // a bold one's width, at most

function texts(lines, x, y, attributes) {
  return lines.map((line, at) => svg('text', { x, y: y + at * 15, ...attributes }, line));
}

function arrowHead(x, y, way) {
  return svg('path', { class: 'head', d: `M${x} ${y}l${-way * HEAD} ${-HEAD / 2}v${HEAD}z` });
}

function cross(x, y) {
  return svg('path', { class: 'cross', d: `M${x - 5} ${y - 5}l10 10m0 -10l-10 10` });
}

// The end of an arrow: a cross for RST, a bar for FIN, nothing there for what was dropped.
function endOf(row, x, y, way) {
  if (row.kind === 'rst') return [arrowHead(x - way * 9, y, way), cross(x - way * 4, y)];
  if (row.kind === 'fin')
    return [arrowHead(x - way * 3, y, way), svg('path', { d: `M${x} ${y - 6}v12` })];
  if (row.kind === 'drop') {
    return [svg('circle', { class: 'void', cx: x + way * 6, cy: y, r: 5 }), arrowHead(x, y, way)];
  }
  return [arrowHead(x, y, way)];
}

function arrow(row, grid) {
  const [start, goal] = [grid.x[row.from], grid.x[row.to]];
  const way = goal > start ? 1 : -1;
  const reach = row.kind === 'drop' ? start + (goal - start) * VOID : goal - way * SHORT_OF;
  return [
    svg('path', { class: 'line', d: `M${start + way * SHORT_OF} ${row.y}H${reach}` }),
    ...endOf(row, reach, row.y, way),
    ...texts(row.lines, (start + goal) / 2, row.top + 11, { 'text-anchor': 'middle' }),
  ];
}

// On a lane: a circle arrow for a retry, a cross for a crash.
function spot(row, x, y) {
  if (row.kind === 'retry')
    return svg('path', { class: 'again', d: `M${x + 5} ${y - 1}a5 5 0 1 0 -2 5m2 -9v4h-4` });
  if (row.kind === 'event') return cross(x, y);
  return svg('circle', { class: 'dot', cx: x, cy: y, r: 3.5 });
}

function point(row, grid) {
  const y = row.top + 8;
  return [
    ...row.lanes.map(lane => spot(row, grid.x[lane], y)),
    ...row.lanes.flatMap(lane => texts(row.lines, grid.x[lane] + 10, row.top + 12, {})),
  ];
}

// A line of a log, or an event: from the first lane to the right edge.
function box(row, grid) {
  const x = grid.left + 4;
  const frame = { x, y: row.top + 2, width: grid.width - x - 4, height: row.height - 5 };
  const edge = { x, y: row.top + 2, width: 3, height: row.height - 5 };
  return [
    svg('rect', { class: 'box', rx: 2, ...frame }),
    svg('rect', { class: 'edge', ...edge }),
    ...texts(row.lines, x + 10, row.top + 15, {}),
  ];
}

// Where steps are left out: words between two broken lines.
function gap(row, grid) {
  const line = y => svg('path', { class: 'torn', d: `M${grid.left} ${y}H${grid.width - 4}` });
  const middle = (grid.left + grid.width) / 2;
  return [
    line(row.top + 3),
    ...texts(row.lines, middle, row.top + 18, { 'text-anchor': 'middle' }),
    line(row.top + row.height - 3),
  ];
}

// Everything of one row. Its `hit` is what the pointer and the focus find, and what screen readers
// name by `label`.
export function drawRow(row, grid, label, time) {
  const drawn = { arrow, point, note: box, band: box, gap }[row.type](row, grid);
  return svg(
    'g',
    { class: `row type-${row.type} kind-${row.kind} ${row.tone}`, role: 'presentation' },
    svg('rect', {
      class: 'hit',
      role: 'option',
      tabindex: -1,
      'aria-selected': 'false',
      'aria-label': label,
      x: 1,
      y: row.top,
      width: grid.width - 2,
      height: row.height,
    }),
    svg(
      'g',
      { 'aria-hidden': 'true' },
      time
        ? svg(
            'text',
            { class: 'time', x: grid.left - 10, y: row.top + 12, 'text-anchor': 'end' },
            moment(row.at),
          )
        : null,
      ...drawn,
    ),
  );
}

export function drawHeads(names, grid) {
  return names.map((name, at) => {
    const width = Math.min(grid.gap - 8, 160);
    return svg(
      'g',
      { class: 'lane-head' },
      svg('rect', { x: grid.x[at] - width / 2, y: 4, width, height: 24, rx: 4 }),
      svg(
        'text',
        { x: grid.x[at], y: 20, 'text-anchor': 'middle' },
        name.length * CHARACTER > width ? `${name.slice(0, width / CHARACTER - 2)}…` : name,
      ),
    );
  });
}

export function drawLanes(grid) {
  const folds = grid.rows.filter(row => row.wait > 0);
  return grid.x.map(x => {
    let path = 'M' + x + ' 0';
    for (const row of folds) path += `V${row.top - row.before + 4}M${x} ${row.top - 4}`;
    return svg('path', { class: 'lane', d: `${path}V${grid.height}` });
  });
}

// A long wait as a torn line behind its length.
export function drawFold(row, grid) {
  const y = row.top - row.before / 2;
  const text = length(row.wait);
  const start = Math.max(grid.left, 14 + text.length * CHARACTER);
  let torn = `M${start} ${y}`;
  for (let x = start; x < grid.width - 2 * TOOTH; x += 2 * TOOTH) torn += `l${TOOTH} -5l${TOOTH} 5`;
  return svg(
    'g',
    { class: 'fold', 'aria-hidden': 'true' },
    svg('path', { d: torn }),
    svg('text', { x: start - 10, y: y + 4, 'text-anchor': 'end' }, text),
  );
}

// A timer's bar beside its lane, `slot` bars away from it.
export function drawTimer(timer, slot, grid) {
  const x = grid.x[timer.lane] - 10 - slot * 9;
  const top = grid.rows[timer.first].top + 8;
  const bottom = timer.open ? grid.height - 6 : grid.rows[timer.last].top + 10;
  const folds = grid.rows.slice(timer.first + 1, timer.last + 1).filter(row => row.wait > 0);
  const middle = folds.length > 0 ? folds[0].top - folds[0].before / 2 : (top + bottom) / 2;
  const roomy = folds.length > 0 || bottom - top > 30;
  return svg(
    'g',
    { class: timer.open ? 'timer open' : 'timer', 'aria-hidden': 'true' },
    svg('rect', { x: x - BAR / 2, y: top, width: BAR, height: Math.max(bottom - top, 3), rx: 1 }),
    roomy ? svg('text', { x: x - 7, y: middle - 8, 'text-anchor': 'end' }, timer.text) : null,
  );
}
