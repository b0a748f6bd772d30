// Where things are in a sequence diagram, in pixels: the lanes from left to right, the rows from
// top to bottom.

const NARROW = 600; // a box below this has narrow lanes
const WIDE_GAPS = { times: 68, least: 148, most: 300 }; // the column of times, between lanes
const NARROW_GAPS = { times: 56, least: 104, most: 200 };
const LINE = 15; // of text
const FOLD = 40; // a folded wait
const SHORT_WAIT = 16; // the most that a wait which is not folded takes
const FOOT = 18;
const FONT = '12px';
const MONO = '11px';

let context = null;

function widthOf(text, font) {
  context ??= document.createElement('canvas').getContext('2d');
  context.font = font;
  return context.measureText(text).width;
}

function fonts(box) {
  const style = getComputedStyle(box);
  const mono = style.getPropertyValue('--mono').trim() || 'monospace';
  return { label: `${FONT} ${style.fontFamily}`, note: `${MONO} ${mono}` };
}

// As much of `text` as `width` holds, with a mark if that is not all.
function cut(text, width, font) {
  if (widthOf(text, font) <= width) return text;
  let [low, high] = [0, text.length];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (widthOf(`${text.slice(0, middle)}…`, font) <= width) low = middle;
    else high = middle - 1;
  }
  return `${text.slice(0, low).trimEnd()}…`;
}

// `text` in at most `most` lines of `width`.
export function wrap(text, width, font, most) {
  const lines = [];
  let line = '';
  const words = text.split(/[ \n\t]+/);
  for (let at = 0; at < words.length; ++at) {
    const longer = line === '' ? words[at] : `${line} ${words[at]}`;
    if (line === '' || widthOf(longer, font) <= width) {
      line = longer;
      continue;
    }
    if (lines.length === most - 1) {
      line = [line, ...words.slice(at)].join(' ');
      break;
    }
    lines.push(cut(line, width, font));
    line = words[at];
  }
  lines.push(cut(line, width, font));
  return lines;
}

function columns(width, lanes) {
  const narrow = width < NARROW;
  const { times, least, most } = narrow ? NARROW_GAPS : WIDE_GAPS;
  const share = (width - times - 8) / (lanes.names.length + 0.15);
  const gap = Math.min(most, Math.max(least, share));
  const first = times + gap * 0.3;
  const x = lanes.names.map((_, at) => first + at * gap);
  return {
    narrow,
    gap,
    x,
    width: Math.max(Math.floor(width), Math.ceil(x.at(-1) + gap * 0.85)),
    left: times,
  };
}

function roomOf(row, grid) {
  if (['note', 'band', 'gap'].includes(row.type)) return grid.width - grid.left - 20;
  if (row.type === 'arrow') return Math.abs(grid.x[row.from] - grid.x[row.to]) - 22;
  const last = row.lanes.length === 1 && row.to === grid.x.length - 1;
  return (last ? grid.width - grid.x.at(-1) : grid.gap) - 18;
}

function mostLines(row, { narrow }) {
  return { arrow: narrow ? 3 : 2, point: narrow ? 4 : 3, note: narrow ? 6 : 3, band: 2, gap: 2 }[
    row.type
  ];
}

function heightOf(row) {
  const text = row.lines.length * LINE;
  return {
    arrow: text + 12,
    point: Math.max(text, LINE) + 6,
    note: text + 12,
    band: text + 10,
    gap: text + 14,
  }[row.type];
}

function above(row) {
  if (row.wait > 0) return FOLD;
  if (row.passed < 0.001) return 0;
  return Math.min(SHORT_WAIT, 6 + 4 * Math.log10(row.passed * 1000));
}

// The columns, and each row with `lines` (its wrapped text), `top`, `height` and `y` (where an
// arrow or a point is).
export function layOut(box, width, lanes, rows) {
  const grid = columns(width, lanes);
  const font = fonts(box);
  let bottom = 10;
  const placed = rows.map(row => {
    const note = row.type === 'note';
    const lines = wrap(
      row.label,
      roomOf(row, grid),
      note ? font.note : font.label,
      mostLines(row, grid),
    );
    const before = above(row);
    const top = bottom + before;
    const height = heightOf({ ...row, lines });
    bottom = top + height;
    const y = row.type === 'arrow' ? bottom - 6 : top + 11;
    return { ...row, lines, top, height, before, y };
  });
  return { ...grid, rows: placed, height: bottom + FOOT, line: LINE };
}
