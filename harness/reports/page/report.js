// The page of a report: summary, filters, and the scenarios by cause. A scenario's content is made
// when it is opened, so that many of them cost nothing.

import { element } from '../../web/elements.js';
import { scenarioView } from './case_view.js';
import { isShown, makeFilters, readHash, writeHash } from './filters.js';
import { groupsOf, wordsOf } from './groups.js';
import { counted, drawSummary } from './summary.js';
import { unpack } from './unpack.js';

const PRINTED = 100;  // failures that are opened for a printer, at most

const data = JSON.parse(document.getElementById('data').textContent);
const report = { ...data, cases: data.cases.map(packed => unpack(packed, data.words)) };
const cases = document.getElementById('cases');
const searched = new Map();  // the words of a case, once somebody searches

function isWanted(played) {
  if (choice.text !== '' && !searched.has(played)) searched.set(played, wordsOf(played));
  return isShown(played, searched.get(played) ?? '', choice);
}

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
      const fitting = scenario.cases.filter(isWanted);
      view.hidden = fitting.length === 0;
      if (fitting.length > 0) ++inCause;
      casesShown += fitting.length;
    }
    section.hidden = inCause === 0;
    number.textContent = counted(inCause, 'scenario');
    scenariosShown += inCause;
  }
  nothing.hidden = scenariosShown > 0;
  filters.show(choice);
  filters.count(`${casesShown} of ${report.cases.length} cases in ${counted(scenariosShown, 'scenario')}`);
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

// What is drawn when `details` is opened is there when `then` is called.
function openAndThen(details, then) {
  if (details.open) return then();
  details.addEventListener('toggle', then, { once: true });
  details.open = true;
  return undefined;
}

// "#open=slow-application/report-takes-75s", and ":remedy" behind it.
function openNamed() {
  const name = choice.open;
  const view = viewOf(name.split(':')[0]);
  if (view === undefined) return;
  view.hidden = false;
  openAndThen(view, () => {
    const remedy = view.querySelector(`.remedy[data-name="${CSS.escape(name)}"]`);
    if (remedy === null) view.scrollIntoView({ block: 'start' });
    else openAndThen(remedy, () => remedy.scrollIntoView({ block: 'start' }));
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
