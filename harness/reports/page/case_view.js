// One scenario, opened: the cause in words, what happened, the logs, and its remedies beside it.

import { drawLoad, nameOf } from '../../web/chart.js';
import { element } from '../../web/elements.js';
import { drawSequence } from '../../web/sequence.js';
import { badge } from './summary.js';
import { answerOf, detailsOf, logsOf, mismatchesOf, responsesOf, serversOf } from './tables.js';

const ANSWERS = 3; // of a case, told in a line

function paragraphs(text) {
  return text
    .split(/\n\s*\n/)
    .filter(part => part.trim() !== '')
    .map(part => element('p', {}, part.trim()));
}

function list(title, items) {
  if (items.length === 0) return null;
  return element(
    'div',
    {},
    element('h3', {}, title),
    element('ul', {}, ...items.map(item => element('li', {}, item))),
  );
}

function explanationOf({ explanation }) {
  const { story, user_sees: seen, evidence, helps, does_not_help: vain } = explanation;
  return element(
    'section',
    { class: 'explanation' },
    story ? element('div', {}, element('h3', {}, 'The cause'), ...paragraphs(story)) : null,
    seen ? element('div', {}, element('h3', {}, 'What users see'), ...paragraphs(seen)) : null,
    list('What helps', helps),
    list('What does not help', vain),
    evidence
      ? element(
          'div',
          { class: 'whole' },
          element('h3', {}, 'How to tell'),
          ...paragraphs(evidence),
        )
      : null,
  );
}

function countsOf(played) {
  const counts = new Map();
  const add = (answer, number) => counts.set(answer, (counts.get(answer) ?? 0) + number);
  if (played.load) {
    for (const { counts: statuses } of played.load.statuses) {
      for (const [status, number] of Object.entries(statuses)) add(nameOf(status), number);
    }
  } else {
    for (const response of played.responses) add(answerOf(response), 1);
  }
  return counts;
}

// "504 after 60 s", "3 × 502 after 0 s; 200 after 1 s".
function answersInShort(played) {
  const counts = countsOf(played);
  const texts = [...counts]
    .sort(([, first], [, second]) => second - first)
    .map(([answer, number]) => (number > 1 ? `${number} × ${answer}` : answer));
  return texts.length > ANSWERS ? `${texts.slice(0, ANSWERS).join('; ')} …` : texts.join('; ');
}

// The same, and how often it came out well where it was run several times.
function inShort(played) {
  const { repeats } = played;
  const runs = repeats ? `${repeats.passed} of ${repeats.runs} runs passed` : '';
  return [answersInShort(played), runs].filter(text => text !== '').join('; ');
}

const known = parts => parts.filter(part => part !== null);

// What stands before the story: why it was not run, what was not as expected.
function drawTrouble(place, played) {
  const tone = played.state === 'skipped' ? 'warn' : 'bad';
  place.append(
    ...known([
      played.reason ? element('p', { class: `${tone} reason` }, played.reason) : null,
      mismatchesOf(played),
    ]),
  );
}

// Into `place`, which must be in the document: the diagram has its width.
function drawEvents(place, played) {
  const diagram = element('div', { class: 'diagram' });
  const charts = element('div');
  place.append(
    ...known([
      played.load
        ? element('section', {}, element('h3', {}, 'The load'), charts)
        : responsesOf(played),
      played.timeline.length > 0
        ? element('section', {}, element('h3', {}, 'What happened'), diagram)
        : null,
      logsOf(played),
      serversOf(played),
      detailsOf(played),
    ]),
  );
  if (played.load) drawLoad(charts, played.load);
  if (played.timeline.length > 0) drawSequence(diagram, played);
}

const drawings = new WeakMap(); // of <details> that were not opened yet

// Makes the content of an open <details>, at the latest now.
export function fill(details) {
  const draw = drawings.get(details);
  if (!details.open || draw === undefined) return;
  drawings.delete(details);
  draw(details.querySelector('.inside'));
}

// A <details> whose content is made when it is opened for the first time.
function lazy(attributes, summary, draw) {
  const place = element('div', { class: 'inside' });
  const details = element('details', attributes, element('summary', {}, ...summary), place);
  details.addEventListener('toggle', () => fill(details));
  drawings.set(details, draw);
  return details;
}

function remedyView(played) {
  const helps = element(
    'span',
    { class: `badge ${played.remedy_helps ? 'good' : 'warn'}` },
    played.remedy_helps ? 'helps' : 'does not help',
  );
  const answers = element('small', {}, inShort(played));
  return lazy(
    { class: 'remedy', 'data-name': played.name, 'data-state': played.state },
    [
      helps,
      ' ',
      played.title,
      played.state === 'passed' ? '' : [' ', badge(played.state)],
      ' ',
      answers,
    ].flat(),
    place => {
      drawTrouble(place, played);
      drawEvents(place, played);
    },
  );
}

function drawScenario(place, scenario) {
  const own = scenario.cases.find(({ remedy }) => remedy === '');
  const remedies = scenario.cases.filter(played => played !== own);
  if (own) drawTrouble(place, own);
  place.append(explanationOf(scenario.cases[0]));
  if (remedies.length > 0) {
    place.append(
      element(
        'section',
        { class: 'remedies' },
        element('h3', {}, 'Remedies, and what clients got with them'),
        ...remedies.map(remedyView),
      ),
    );
  }
  if (own) drawEvents(place, own);
}

export function scenarioView(scenario) {
  const [own] = scenario.cases;
  const answers = own.remedy === '' ? inShort(own) : '';
  return lazy(
    { class: 'scenario', 'data-name': scenario.name, 'data-state': scenario.state },
    [
      badge(scenario.state),
      ' ',
      element('b', {}, scenario.title),
      ' ',
      element('small', {}, `${scenario.name.split('/').at(-1)}${answers ? `: ${answers}` : ''}`),
    ],
    place => drawScenario(place, scenario),
  );
}
