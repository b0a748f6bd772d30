// The page of a report: summary, filters, and the scenarios by cause. A scenario's content is made
// when it is opened, so that many of them cost nothing.

import { element } from '../../web/elements.js';
import { scenarioView } from './case_view.js';
import { isShown, makeFilters, readHash, writeHash } from './filters.js';
import { groupsOf, wordsOf } from './groups.js';
import { drawSummary } from './summary.js';

const PRINTED = 100;  // failures that are opened for a printer, at most

const report = JSON.parse(document.getElementById('data').textContent);
const cases = document.getElementById('cases');
const searched = new Map(report.cases.map(played => [played, wordsOf(played)]));

function causeView({ cause, scenarios }) {
  const views = scenarios.map(scenario => ({ scenario, view: scenarioView(scenario) }));
  const number = element('small', {});
  const section = element('section', { class: 'cause', 'data-cause': cause },
    element('h2', {}, cause, ' ', number), ...views.map(({ view }) => view));
  return { section, views, number };
}

const causes = groupsOf(report).map(causeView);
const nothing = element('p', { class: 'nothing', hidden: true }, 'No scenario is like that.');
cases.append(...causes.map(({ section }) => section), nothing);

let choice = readHash(location.hash);
const filters = makeFilters(document.getElementById('filters'), report, change);

function show() {
  let [scenariosShown, casesShown] = [0, 0];
  for (const { section, views, number } of causes) {
    let inCause = 0;
    for (const { scenario, view } of views) {
      const fitting = scenario.cases.filter(played => isShown(played, searched.get(played), choice));
      view.hidden = fitting.length === 0;
      if (fitting.length > 0) ++inCause;
      casesShown += fitting.length;
    }
    section.hidden = inCause === 0;
    number.textContent = inCause === 1 ? '1 scenario' : `${inCause} scenarios`;
    scenariosShown += inCause;
  }
  nothing.hidden = scenariosShown > 0;
  filters.show(choice);
  filters.count(`${casesShown} of ${report.cases.length} cases in ${scenariosShown} scenarios`);
}

function remember() {
  history.replaceState(null, '', writeHash(choice));
}

function change(wanted) {
  choice = { ...choice, ...wanted };
  remember();
  show();
}

const viewOf = name => causes.flatMap(({ views }) => views).find(({ scenario }) => scenario.name === name)?.view;

// "#open=slow-application/report-takes-75s", and ":remedy" behind it.
function openNamed() {
  const view = viewOf(choice.open.split(':')[0]);
  if (view === undefined) return;
  view.hidden = false;
  view.open = true;
  requestAnimationFrame(() => {
    const remedy = view.querySelector(`[data-name="${CSS.escape(choice.open)}"]`);
    if (remedy) remedy.open = true;
    (remedy ?? view).scrollIntoView({ block: 'start' });
  });
}

cases.addEventListener('toggle', event => {
  const name = event.target.dataset.name;
  if (name === undefined) return;
  if (event.target.open) choice = { ...choice, open: name };
  else if (choice.open === name) choice = { ...choice, open: '' };
  remember();
}, true);

addEventListener('hashchange', () => {
  choice = readHash(location.hash);
  show();
  openNamed();
});

// Paper has no summaries to open: failures are printed whole.
let opened = [];
addEventListener('beforeprint', () => {
  const bad = causes.flatMap(({ views }) => views).filter(({ scenario, view }) =>
    !view.hidden && ['failed', 'broken'].includes(scenario.state));
  opened = bad.slice(0, PRINTED).map(({ view }) => view).filter(view => !view.open);
  for (const view of opened) {
    view.open = true;
    view.dispatchEvent(new Event('toggle'));
  }
});
addEventListener('afterprint', () => {
  for (const view of opened) view.open = false;
  opened = [];
});

drawSummary(document.getElementById('summary'), report);
show();
openNamed();
document.body.dataset.ready = 'yes';
