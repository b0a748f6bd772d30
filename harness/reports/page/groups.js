// The cases of a report in the order of reading: causes, their scenarios, the remedies of each.

export const STATES = ['failed', 'broken', 'skipped', 'passed']; // the worst first

export function worst(states) {
  return STATES.find(state => states.includes(state)) ?? 'passed';
}

// [{cause, scenarios: [{name, title, cases: [the scenario itself, its remedies …], state}]}]. With
// shards or filters a remedy may be there without its scenario.
export function groupsOf(report) {
  const causes = new Map();
  for (const played of report.cases) {
    if (!causes.has(played.cause)) causes.set(played.cause, new Map());
    const scenarios = causes.get(played.cause);
    if (!scenarios.has(played.scenario)) scenarios.set(played.scenario, []);
    scenarios.get(played.scenario).push(played);
  }
  return [...causes].map(([cause, scenarios]) => ({
    cause,
    scenarios: [...scenarios].map(([name, cases]) => {
      const own = cases.find(({ remedy }) => remedy === '');
      const sorted = [own, ...cases.filter(played => played !== own)].filter(Boolean);
      return {
        name,
        title: own?.title ?? name,
        cases: sorted,
        state: worst(cases.map(({ state }) => state)),
      };
    }),
  }));
}

// What a search looks at, in lower case.
export function wordsOf(played) {
  const texts = [
    played.name,
    played.title,
    played.cause,
    played.file,
    played.reason,
    ...played.rows,
    ...played.tags,
    played.explanation.story,
    played.explanation.user_sees,
    played.explanation.evidence,
    ...played.error_log.map(({ message }) => message),
    ...played.responses.map(({ status }) => String(status)),
  ];
  return texts.join('\n').toLowerCase();
}
