// Small changes to the text of a scenario file, which leave everything else as it was written. Knows
// no elements, so that a test can ask it.

const HEADER = /^\s*\[/;

// Where a table's own lines are: [first, end), or null if it is not there.
function linesOf(lines, table) {
  const head = lines.findIndex(line => line.replace(/\s*(#.*)?$/, '').trim() === `[${table}]`);
  if (head < 0) return null;
  const end = lines.findIndex((line, i) => i > head && HEADER.test(line));
  return [head + 1, end < 0 ? lines.length : end];
}

const isSetting = (line, name) => new RegExp(`^\\s*${name}\\s*=`).test(line);

// What `name` is in [proxy], as it is written there without its quotes; '' if it is not there.
export function directive(text, name) {
  const lines = text.split('\n');
  const [first, end] = linesOf(lines, 'proxy') ?? [0, 0];
  const line = lines.slice(first, end).find(one => isSetting(one, name));
  return line
    ? line
        .replace(/^[^=]*=\s*/, '')
        .replace(/\s*(#.*)?$/, '')
        .replace(/^"(.*)"$/, '$1')
    : '';
}

// Before the first table: [proxy] must not swallow the keys of the top.
function withTable(lines) {
  const at = lines.findIndex(line => HEADER.test(line));
  const place = at < 0 ? lines.length : at;
  return [[...lines.slice(0, place), '[proxy]', '', ...lines.slice(place)], place + 1];
}

// Sets a directive of [proxy]; an empty value takes it out.
export function setDirective(text, name, value) {
  let lines = text.split('\n');
  const range = linesOf(lines, 'proxy');
  const at = range
    ? lines.findIndex((line, i) => i >= range[0] && i < range[1] && isSetting(line, name))
    : -1;
  const written = `${name} = ${JSON.stringify(value)}`;
  if (at >= 0) lines.splice(at, 1, ...(value ? [written] : []));
  else if (value && range) lines.splice(range[0], 0, written);
  else if (value) {
    const [more, place] = withTable(lines);
    lines = more;
    lines.splice(place, 0, written);
  }
  return lines.join('\n');
}

// The remedies that the text has, in order: their names.
export function remediesIn(text) {
  const names = [...text.matchAll(/^\s*\[remedy\.([\w-]+)[\].]/gm)].map(match => match[1]);
  return [...new Set(names)];
}

// The servers that the text has, by the names that stories give them: "app[0]", "app[1]", "db".
export function serversIn(text) {
  const seen = new Map();
  return [...text.matchAll(/^\s*\[\[(upstream|backend)\.([\w-]+)\]\]/gm)].map(([, kind, group]) => {
    const count = seen.get(group) ?? 0;
    seen.set(group, count + 1);
    return kind === 'backend' && count === 0 ? group : `${group}[${count}]`;
  });
}
