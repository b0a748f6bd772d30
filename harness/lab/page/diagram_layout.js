// Where things stand in the picture: side by side, or one below the other where it is narrow. Knows
// no elements, so that a test can ask it.

export const BOX = { width: 170, height: 74 };
export const NARROW = 520;  // px of the picture, below which it is drawn downwards

const MARGIN = 8, GAP = 18;

// From one box to the other, leaving it sideways or downwards.
function wire(from, to, down) {
  const [x1, y1] = down ? [from.x + BOX.width / 2, from.y + BOX.height] : [from.x + BOX.width, from.y + BOX.height / 2];
  const [x2, y2] = down ? [to.x + BOX.width / 2, to.y] : [to.x, to.y + BOX.height / 2];
  const [xm, ym] = [(x1 + x2) / 2, (y1 + y2) / 2];
  const d = down ? `M${x1} ${y1}C${x1} ${ym} ${x2} ${ym} ${x2} ${y2}` : `M${x1} ${y1}C${xm} ${y1} ${xm} ${y2} ${x2} ${y2}`;
  return { d, words: down ? { x: x2, y: y2 - 8 } : { x: xm, y: ym - 8 } };
}

function across(count) {
  const width = 760;
  const height = Math.max(count, 1) * (BOX.height + GAP) - GAP + 2 * MARGIN;
  const middle = (height - BOX.height) / 2;
  const [client, proxy] = [{ x: MARGIN, y: middle }, { x: 295, y: middle }];
  const servers = Array.from({ length: count }, (_, i) => ({ x: width - BOX.width - MARGIN, y: MARGIN + i * (BOX.height + GAP) }));
  return { width, height, client, proxy, servers };
}

function downwards(count) {
  const width = 2 * BOX.width + GAP + 2 * MARGIN;
  const centre = (width - BOX.width) / 2;
  const row = BOX.height + 44;
  const [client, proxy] = [{ x: centre, y: MARGIN }, { x: centre, y: MARGIN + row }];
  const servers = Array.from({ length: count }, (_, i) => ({
    x: i === count - 1 && i % 2 === 0 ? centre : MARGIN + (i % 2) * (BOX.width + GAP),
    y: MARGIN + (2 + Math.floor(i / 2)) * row,
  }));
  return { width, height: MARGIN * 2 + (2 + Math.ceil(count / 2)) * row - 44, client, proxy, servers };
}

// For `count` servers: the size of the picture, the corner of each box, and the wires.
export function place(count, narrow) {
  const places = narrow ? downwards(count) : across(count);
  return {
    ...places,
    front: wire(places.client, places.proxy, narrow),
    wires: places.servers.map(server => wire(places.proxy, server, narrow)),
  };
}
