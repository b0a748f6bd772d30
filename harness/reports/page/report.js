// The page of a report: summary, filters, and the scenarios by cause. A scenario's content is made
// when it is opened, so that many of them cost nothing.

import { element } from '../../web/elements.js';
import { fill, scenarioView } from './case_view.js';
import { isShown, makeFilters, readHash, writeHash } from './filters.js';
import { groupsOf, wordsOf } from './groups.js';
import { counted, drawSummary } from './summary.js';
import { unpack } from './unpack.js';

const PRINTED = 100; // failures that are opened for a printer, at most

const data = JSON.parse(document.getElementById('data').textContent);
// What was chosen for the run, for who wants to play one case again.
const options = [
  ...(data.proxy.name === 'builtin' ? [] : ['--proxy', data.proxy.name]),
  ...(data.seed === 1 ? [] : ['--seed', String(data.seed)]),
];
const report = {
  ...data,
  cases: data.cases.map(packed => ({ ...packed, options })).map(one => unpack(one, data.words)),
};
const cases = document.getElementById('cases');
const searched = new Map(); // the words of a case, once somebody searches

function isWanted(played) {
  if (choice.text !== '' && !searched.has(played)) searched.set(played, wordsOf(played));
  return isShown(played, searched.get(played) ?? '', choice);
}

function causeView({ cause, scenarios }) {
  const views = scenarios.map(scenario => ({ scenario, view: scenarioView(scenario) }));
  const number = element('small', {});
  const section = element(
    'section',
    { class: 'cause', 'data-cause': cause },
    element('h2', {}, cause, ' ', number),
    ...views.map(({ view }) => view),
  );
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
  filters.count(
    `${casesShown} of ${report.cases.length} cases in ${counted(scenariosShown, 'scenario')}`,
  );
}

function remember() {
  history.replaceState(null, '', writeHash(choice));
}

function change(wanted) {
  choice = { ...choice, ...wanted };
  remember();
  show();
}

const viewOf = name =>
  causes.flatMap(({ views }) => views).find(({ scenario }) => scenario.name === name)?.view;

// "#open=slow-application/report-takes-75s", and ":remedy" behind it.
function openNamed() {
  const name = choice.open;
  const view = viewOf(name.split(':')[0]);
  if (view === undefined) return;
  const remedy = `.remedy[data-name="${CSS.escape(name)}"]`;
  const open = details => {
    details.open = true;
    fill(details);
    return details;
  };
  view.hidden = false;
  open(view);
  const wanted = view.querySelector(remedy);
  (wanted === null ? view : open(wanted)).scrollIntoView({ block: 'start' });
}

cases.addEventListener(
  'toggle',
  event => {
    const name = event.target.dataset.name;
    if (name === undefined) return;
    if (event.target.open) choice = { ...choice, open: name };
    else if (choice.open === name) choice = { ...choice, open: '' };
    remember();
  },
  true,
);

addEventListener('hashchange', () => {
  choice = readHash(location.hash);
  show();
  openNamed();
});

// Paper has no summaries to open: failures are printed whole, those of remedies too.
let opened = [];
function openForPaper(within, kind) {
  const bad = `.${kind}:is([data-state=failed], [data-state=broken]):not([hidden], [open])`;
  for (const details of [...within.querySelectorAll(bad)].slice(0, PRINTED - opened.length)) {
    opened.push(details);
    details.open = true;
    fill(details);
  }
}
addEventListener('beforeprint', () => {
  openForPaper(cases, 'scenario');
  for (const details of cases.querySelectorAll('.scenario[open]')) openForPaper(details, 'remedy');
});
addEventListener('afterprint', () => {
  for (const details of opened) details.open = false;
  opened = [];
});

drawSummary(document.getElementById('summary'), report);
show();
openNamed();
document.body.dataset.ready = 'yes';
