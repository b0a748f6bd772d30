// Incidents of the lab in the browser: three solved, one failed. What is right, the test asks the API
// for, which tells it with an answer.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, onPage } from './browser.js';
import { ask, startLab, truthOf } from './lab.js';

const SEED = 42;

let browser, lab;
before(async () => {
  [browser, lab] = await Promise.all([launch(), startLab()]);
});
after(async () => {
  await browser?.close();
  await lab?.stop();
});

// All that is known of an incident before it is answered.
const KEYS_OF_INCIDENT = [
  'causes',
  'config',
  'fixes',
  'hints',
  'id',
  'level',
  'logs',
  'prompt',
  'requests',
  'seed',
  'title',
  'users_say',
];

const stringsIn = value =>
  typeof value === 'string'
    ? [value]
    : value && typeof value === 'object'
      ? Object.values(value).flatMap(stringsIn)
      : [];

async function firstOf(level) {
  const { incidents } = await ask(lab, `/api/incidents?seed=${SEED}`);
  return incidents.find(incident => incident.level === level).id;
}

// From the list of the class seed to the incident's page.
async function open(page, id) {
  await page.goto(`${lab.at}/#/incidents/${SEED}`);
  await page.locator(`.cards a[href="#/incident/${SEED}/${id}"]`).click();
  await page.waitForSelector('.panel.decide');
}

async function give(page, causes, fix) {
  for (const cause of causes) await page.locator(`[name=cause][value="${cause}"]`).check();
  await page.locator(`[name=fix][value="${fix}"]`).check();
  await page.getByRole('button', { name: 'Apply the fix' }).click();
  await page.waitForSelector('.result:not([hidden])');
}

const servedOf = async (page, at) =>
  (await page.locator('.served').nth(at).innerText())
    .match(/(\d+) of (\d+)/)
    .slice(1)
    .map(Number);

for (const level of [1, 2, 3]) {
  test(`an incident of level ${level} is solved`, () =>
    onPage(browser, { own: lab.at }, async page => {
      const id = await firstOf(level);
      const { causes, fix } = await truthOf(lab, SEED, id);
      await open(page, id);
      await give(page, causes, fix);
      assert.equal(await page.locator('#result-title').innerText(), 'Users are served again');
      assert.equal(await page.locator('.score b').innerText(), '100');
      const [[before, of], [after, all]] = [await servedOf(page, 0), await servedOf(page, 1)];
      assert.ok(
        before < of && after > before && all === of,
        `${before} of ${of}, then ${after} of ${all}`,
      );
      assert.equal(await page.locator('.verdicts .bad').count(), 0);
      await page.waitForSelector('.result .sequence-body');
      await page.goto(`${lab.at}/#/incidents/${SEED}`);
      assert.match(await page.locator('.cards .badge').innerText(), /score 100/);
    }));
}

test('an incident is failed: hints, requests, the wrong fix', () =>
  onPage(browser, { own: lab.at }, async page => {
    const id = await firstOf(2);
    const { incident, causes, wrong } = await truthOf(lab, SEED, id);
    const notCause = incident.causes.find(cause => !causes.includes(cause.id)).id;
    await open(page, id);
    const before = await page.locator('.log').last().locator('li').count();
    await page.getByRole('button', { name: incident.requests[0].label, exact: true }).click();
    await page.waitForSelector('.browser .view');
    assert.equal(await page.locator('.log').last().locator('li').count(), before + 1);
    await page.getByRole('button', { name: 'Give me hint 1 of' }).click();
    await page.waitForSelector('.hints li');
    await page.reload();
    await page.waitForSelector('.browser .view');
    assert.equal(await page.locator('.hints li').count(), 1);
    await give(page, [notCause], wrong);
    assert.equal(await page.locator('#result-title').innerText(), 'It is not over yet');
    assert.ok(Number(await page.locator('.score b').innerText()) < 50);
    assert.ok((await page.locator('.verdicts .bad').count()) >= 3);
    await page.getByRole('button', { name: 'Begin this incident anew' }).click();
    await page.waitForSelector('.panel.decide button:enabled');
    assert.equal(await page.locator('.hints li').count(), 0);

    // Whoever has read what it was gets the points, and the first score beside them.
    const { fix } = await truthOf(lab, SEED, id);
    await page.locator('.panel.decide').waitFor();
    for (const box of await page.locator('[name=cause]:checked').all()) await box.uncheck();
    await give(page, causes, fix);
    assert.match(await page.locator('.score').innerText(), /^Score 100 \(first try: \d+\)$/);
    await page.goto(`${lab.at}/#/incidents/${SEED}`);
    assert.match(await page.locator('.cards .badge').innerText(), /score 100 \(first try: \d+\)/);
  }));

test('the page says nothing of the cause before the answer', () =>
  onPage(browser, { own: lab.at }, async page => {
    const id = await firstOf(1);
    const { explanation } = await ask(lab, `/api/incidents/${SEED}/${id}/answer`, {
      causes: [],
      fix: '',
      hints: 0,
      sent: 0,
    });
    const heard = [];
    page.on('response', async response => {
      if (response.url().includes('/api/')) heard.push(await response.json());
    });
    await open(page, id);
    await page.waitForLoadState('networkidle');
    assert.ok(heard.length >= 2);
    const told = heard.flatMap(stringsIn);
    assert.ok(told.length > 20 && explanation.length > 0);
    for (const paragraph of explanation) assert.ok(!told.some(text => text.includes(paragraph)));
    const shown = heard.find(one => one.config);
    assert.deepEqual(Object.keys(shown).sort(), KEYS_OF_INCIDENT);
    for (const one of [...shown.causes, ...shown.fixes])
      assert.deepEqual(Object.keys(one).sort(), ['id', 'label']);
    assert.equal(await page.locator('.result').isVisible(), false);
  }));

test('an answer needs a cause and a fix', () =>
  onPage(browser, { own: lab.at }, async page => {
    await open(page, await firstOf(1));
    await page.getByRole('button', { name: 'Apply the fix' }).click();
    assert.equal(await page.locator('.refused').innerText(), 'Choose at least one cause.');
  }));
