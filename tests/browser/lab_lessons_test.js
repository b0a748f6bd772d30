// Every lesson of the lab, walked through to its end in the browser: the clicks are those of the
// lessons' own walks.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { launch, onPage } from './browser.js';
import { BADGATE, ask, settled, startLab, walks } from './lab.js';

const WAITS = [60, 10, 1]; // the buttons

let browser, lab;
before(async () => {
  [browser, lab] = await Promise.all([launch(), startLab()]);
});
after(async () => {
  await browser?.close();
  await lab?.stop();
});

async function set(page, control, value) {
  const place = page.locator(`#control-${control.id.replace(/[^\w-]/g, '_')}`);
  if (control.kind === 'choice') await place.selectOption(value);
  else if (control.kind === 'switch') await place.setChecked(value === 'on');
  else await place.fill(String(control.values.indexOf(value)));
}

async function wait(page, time) {
  const [, seconds] = /^(\d+)s$/.exec(time) ?? assert.fail(`the page has no button for ${time}`);
  let left = Number(seconds);
  for (const one of WAITS) {
    for (; left >= one; left -= one) {
      await page.locator(`[data-wait="${one}s"]`).click();
      await settled(page);
    }
  }
}

async function move(page, lesson, words) {
  const [verb, id, ...value] = words.split(' ');
  if (verb === 'send') await page.locator(`[data-send="${id}"]`).click();
  else if (verb === 'break') await page.locator(`[data-break="${id}"]`).click();
  else if (verb === 'heal') await page.getByRole('button', { name: 'Heal', exact: true }).click();
  else if (verb === 'afresh')
    await page.getByRole('button', { name: 'Begin afresh', exact: true }).click();
  else if (verb === 'wait') await wait(page, id);
  else if (verb === 'set')
    await set(
      page,
      lesson.controls.find(one => one.id === id),
      value.join(' '),
    );
  else assert.fail(`a walk has "${words}"`);
  await settled(page);
}

async function walkThrough(page, id, steps) {
  const lesson = await ask(lab, `/api/lessons/${id}`);
  await page.goto(`${lab.at}/#/lesson/${id}`);
  await settled(page);
  assert.equal(await page.locator('.debrief').isVisible(), false);
  for (const step of steps) {
    for (const words of step.walk) await move(page, lesson, words);
    assert.equal(
      await page.locator(`.steps li.done[data-step="${step.id}"]`).count(),
      1,
      `${step.id} is ticked`,
    );
    assert.equal(await page.locator('.refused').isVisible(), false);
  }
  assert.equal(await page.locator('.steps li:not(.done)').count(), 0);
  assert.equal(await page.locator('.debrief').isVisible(), true);
  assert.equal(await page.locator('.debrief .helps li').count(), lesson.helps.length);
  await passes(page);
}

// What is saved is a scenario file that expects what was seen.
async function passes(page) {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save as scenario file' }).click(),
  ]);
  const run = spawnSync(BADGATE, ['run', await download.path()], { encoding: 'utf8' });
  assert.equal(run.status, 0, run.stdout + run.stderr);
}

test('every lesson has a walk, and at least twelve there are', async () => {
  const ids = (await ask(lab, '/api/lessons')).map(lesson => lesson.id);
  assert.deepEqual([...walks().keys()].sort(), [...ids].sort());
  assert.ok(ids.length >= 12);
});

for (const [id, steps] of walks())
  test(`lesson ${id}`, () =>
    onPage(browser, { own: lab.at }, page => walkThrough(page, id, steps)));

test('commands for curl say what must be put up first, and what does not happen there', () =>
  onPage(browser, { own: lab.at }, async page => {
    await page.goto(`${lab.at}/#/lesson/03-crash`);
    await settled(page);
    const { breaks, requests } = await ask(lab, '/api/lessons/03-crash');
    const text = async (...clicks) => {
      for (const click of clicks) {
        await page.locator(click).click();
        await settled(page);
      }
      await page.getByRole('button', { name: 'As curl' }).click();
      const commands = await page.locator('dialog pre').innerText();
      await page.keyboard.press('Escape');
      await page.waitForFunction(() => !document.querySelector('dialog'));
      return commands;
    };
    const send = `[data-send="${requests[0].id}"]`;
    const first = await text(send);
    assert.match(first, /^#\s+badgate serve 03-crash\.toml$/m);
    assert.doesNotMatch(first, /does not happen|in a row/);
    const second = await text(`[data-break="${breaks[0].id}"]`, send);
    assert.match(second, /does not happen/);
    assert.match(second, /2 requests in all/);
  }));

test('what is done stays done: after a reload, and in the list', () =>
  onPage(browser, { own: lab.at }, async page => {
    const [[id, [first]]] = walks();
    const lesson = await ask(lab, `/api/lessons/${id}`);
    await page.goto(`${lab.at}/#/lesson/${id}`);
    await settled(page);
    for (const words of first.walk) await move(page, lesson, words);
    const before = await page.locator('.browser').innerText();
    await page.reload();
    await settled(page);
    assert.equal((await page.locator('.steps li.done').count()) >= 1, true);
    assert.equal(await page.locator('.browser').innerText(), before);
    await page.goto(`${lab.at}/#/lessons`);
    assert.match(await page.locator('.cards li').first().innerText(), /1 of \d+ steps/);
  }));
