// Times for people. All are seconds, as in the report.

// A moment as the logs write it: "60.000".
export function moment(seconds) {
  return seconds.toFixed(3);
}

// A length: "250 ms", "1.5 s", "75 s", "5 min", "1 h 2 min".
export function length(seconds) {
  if (seconds < 0.0005) return '0 s';
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds <= 120) return `${Number(seconds.toFixed(seconds < 10 ? 2 : 1))} s`;
  const whole = Math.round(seconds);
  const parts = [
    [Math.floor(whole / 3600), 'h'],
    [Math.floor(whole / 60) % 60, 'min'],
    [whole % 60, 's'],
  ];
  return parts
    .filter(([number]) => number > 0)
    .slice(0, 2)
    .map(part => part.join(' '))
    .join(' ');
}

// "1m15s", "1h02m", "2.5s" or "300ms", as facts have it; null: it is none.
export function parseLength(text) {
  const match = /^(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?$/.exec(
    text,
  );
  if (!match || match[0] === '') return null;
  const [hours, minutes, seconds, milliseconds] = match.slice(1).map(part => Number(part ?? 0));
  return hours * 3600 + minutes * 60 + seconds + milliseconds / 1000;
}
