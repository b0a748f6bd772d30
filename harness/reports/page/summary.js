// The head of the report: what was run, and what came of it.

import { element } from '../../web/elements.js';
import { length } from '../../web/times.js';

const TONES = { passed: 'good', failed: 'bad', broken: 'bad', skipped: 'warn' };

export function badge(state) {
  return element('span', { class: `badge ${TONES[state] ?? ''}` }, state);
}

// "1 scenario", "2 scenarios".
export function counted(number, noun) {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function factsOf(report) {
  const { totals } = report;
  const modelled = report.cases.reduce((sum, played) => sum + played.modelled_seconds, 0);
  return [
    [
      'Run',
      `${counted(totals.scenarios, 'scenario')}, ${totals.remedies} ${totals.remedies === 1 ? 'remedy' : 'remedies'}, ${counted(totals.expectations, 'expectation')}`,
    ],
    [
      'Proxy',
      report.proxy.name === 'builtin'
        ? "badgate's own"
        : `${report.proxy.name} ${report.proxy.version}`.trim(),
    ],
    ['Clock', report.clock],
    ['Seed', String(report.seed)],
    report.shard ? ['Shard', report.shard] : null,
    ['Time', `${length(modelled)} modelled in ${length(report.wall_seconds)}`],
    ['Written by', `badgate ${report.badgate}`],
  ].filter(Boolean);
}

export function drawSummary(place, report) {
  const { totals } = report;
  const bad = totals.failed + totals.broken;
  const headline =
    bad > 0 ? `${bad} of ${report.cases.length} failed` : `All ${totals.passed} passed`;
  const some =
    bad === 0 && totals.skipped > 0
      ? `${totals.passed} passed, ${totals.skipped} skipped`
      : headline;
  document.title = `badgate: ${some}`;
  const states = ['passed', 'failed', 'skipped', 'broken'].map(state =>
    element(
      'li',
      { class: totals[state] > 0 ? TONES[state] : 'faint' },
      element('b', {}, totals[state]),
      ` ${state}`,
    ),
  );
  place.append(
    element('h1', { class: bad > 0 ? 'bad' : '' }, some),
    element('ul', { class: 'states' }, ...states),
    element(
      'dl',
      {},
      ...factsOf(report).map(([name, value]) =>
        element('div', {}, element('dt', {}, name), element('dd', {}, value)),
      ),
    ),
  );
  if (!report.complete)
    place.append(
      element('p', { class: 'warn' }, 'The run was broken off: some cases were not run.'),
    );
}
