// Where things stand in the picture: side by side, or one below the other where it is narrow. Knows
// no elements, so that a test can ask it.

export const BOX = { width: 152, height: 74 };
export const NARROW = 460; // px of the picture, below which it is drawn downwards

const MARGIN = 8,
  GAP = 18,
  BETWEEN = 92,
  BELOW = 44;

// From one box to the other, leaving it sideways or downwards.
function wire(from, to, down) {
  const [x1, y1] = down
    ? [from.x + BOX.width / 2, from.y + BOX.height]
    : [from.x + BOX.width, from.y + BOX.height / 2];
  const [x2, y2] = down ? [to.x + BOX.width / 2, to.y] : [to.x, to.y + BOX.height / 2];
  const [xm, ym] = [(x1 + x2) / 2, (y1 + y2) / 2];
  const d = down
    ? `M${x1} ${y1}C${x1} ${ym} ${x2} ${ym} ${x2} ${y2}`
    : `M${x1} ${y1}C${xm} ${y1} ${xm} ${y2} ${x2} ${y2}`;
  return { d, words: down ? { x: x2, y: y2 - 8 } : { x: xm, y: ym - 8 } };
}

const column = i => MARGIN + i * (BOX.width + BETWEEN);

// Boxes above each other, in the middle of `height`.
function stack(count, x, height) {
  const top = (height - count * (BOX.height + GAP) + GAP) / 2;
  return Array.from({ length: count }, (_, i) => ({ x, y: top + i * (BOX.height + GAP) }));
}

function across(first, second) {
  const height = Math.max(first, second, 1) * (BOX.height + GAP) - GAP + 2 * MARGIN;
  const [[client], [proxy]] = [stack(1, column(0), height), stack(1, column(1), height)];
  const servers = [...stack(first, column(2), height), ...stack(second, column(3), height)];
  return { width: column(second ? 3 : 2) + BOX.width + MARGIN, height, client, proxy, servers };
}

// Rows of two.
function rows(count, y, centre) {
  return Array.from({ length: count }, (_, i) => ({
    x: i === count - 1 && i % 2 === 0 ? centre : MARGIN + (i % 2) * (BOX.width + GAP),
    y: y + Math.floor(i / 2) * (BOX.height + BELOW),
  }));
}

function downwards(first, second) {
  const width = 2 * BOX.width + GAP + 2 * MARGIN;
  const centre = (width - BOX.width) / 2;
  const row = BOX.height + BELOW;
  const [client, proxy] = [
    { x: centre, y: MARGIN },
    { x: centre, y: MARGIN + row },
  ];
  const below = MARGIN + (2 + Math.ceil(first / 2)) * row;
  const servers = [...rows(first, MARGIN + 2 * row, centre), ...rows(second, below, centre)];
  return {
    width,
    height: below + Math.ceil(second / 2) * row - BELOW + MARGIN,
    client,
    proxy,
    servers,
  };
}

// For servers that the proxy asks, and `askers.length` more, which those of the first that `askers`
// says ask: the size of the picture, the corner of each box, and the wires.
export function place(first, askers, narrow) {
  const places = narrow ? downwards(first, askers.length) : across(first, askers.length);
  const { client, proxy, servers } = places;
  return {
    ...places,
    front: wire(client, proxy, narrow),
    wires: servers.map((server, i) =>
      wire(i < first ? proxy : servers[askers[i - first]], server, narrow),
    ),
  };
}
