// The data of the page, unpacked: html.cc writes lists of objects as one flat array each, and texts
// as numbers of `words`.

const STEP = ['at', 'who', 'what', 'kind', 'from', 'to'];
const ERROR = ['at', 'level', 'message'];
const RESPONSE = [
  'request',
  'status',
  'completeness',
  'body_bytes',
  'elapsed',
  'connection_end',
  'client_left',
];
const NUMBERS = new Set(['at', 'status', 'body_bytes', 'elapsed', 'client_left']);

function objects(flat, keys, words) {
  return Array.from({ length: flat.length / keys.length }, (_, row) =>
    Object.fromEntries(
      keys.map((key, at) => {
        const value = flat[row * keys.length + at];
        return [key, NUMBERS.has(key) ? value : words[value]];
      }),
    ),
  );
}

// Makes `object[key]` when it is asked for.
function lazily(object, key, make) {
  Object.defineProperty(object, key, {
    configurable: true,
    get() {
      const value = make();
      Object.defineProperty(object, key, { value });
      return value;
    },
  });
}

// A case of the JSON report, as far as the page shows it.
export function unpack(packed, words) {
  const texts = numbers => numbers.map(number => words[number]);
  const unpacked = {
    timeline: () => objects(packed.timeline, STEP, words),
    access: () => objects(packed.access, ['line'], words),
    error_log: () => objects(packed.error_log, ERROR, words),
    responses: () => objects(packed.responses, RESPONSE, words),
    backends: () =>
      packed.backends.map(backend => ({
        ...backend,
        receipt: texts(backend.receipt),
        log: texts(backend.log),
      })),
    explanation: () =>
      Object.fromEntries(
        Object.entries(packed.explanation).map(([key, value]) => [
          key,
          Array.isArray(value) ? texts(value) : words[value],
        ]),
      ),
  };
  const played = { ...packed };
  for (const [key, make] of Object.entries(unpacked)) lazily(played, key, make);
  return played;
}
