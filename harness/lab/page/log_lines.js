// The lines of both logs of a case: when each was written, what was left out. Knows no document, so
// that a test can ask it.

export const MANY_QUIET = 20; // lines that a default nginx does not write, from which on they are left out

export const isQuiet = line => ['info', 'notice', 'debug'].includes(line.level);

// Which step of the timeline wrote which line: it has them in the log's order. Of a timeline that
// was cut nobody knows; then a line comes when its time has come.
function withSteps(run, lines = [], log) {
  const steps = (run.timeline ?? []).flatMap((step, i) => (step.who === log ? [i] : []));
  const whole = !(run.timeline_cut > 0);
  return lines.map((line, i) => ({ ...line, step: whole ? (steps[i] ?? Infinity) : undefined }));
}

// What was left out of the middle of a long log stands there as {gap: how many}.
function withGap(lines, cut) {
  if (!(cut > 0)) return lines;
  const half = Math.floor(lines.length / 2);
  const { at, step } = lines[half];
  return [...lines.slice(0, half), { gap: cut, at, step }, ...lines.slice(half)];
}

// Both logs of a case as they are shown, with what was left out.
export function entries(run) {
  const of = (lines, log, cut) => withGap(withSteps(run, lines, log), cut);
  return {
    error: of(run.error_log, 'error.log', run.error_log_cut),
    access: of(run.access, 'access.log', run.access_cut),
  };
}

// Whether a line has been written by then.
export function isWritten(line, { steps, time, running }) {
  return !running || (line.step === undefined ? line.at <= time : line.step < steps);
}
