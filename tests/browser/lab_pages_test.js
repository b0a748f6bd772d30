// The lab's pages as such: accessible, of any width, by keyboard, and patient with a lost connection.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { everyLook, launch, onPage, openPage, screenshot, violations } from './browser.js';
import { ask, settled, startLab, truthOf, walks } from './lab.js';

const SEED = 42;

let browser, lab;
before(async () => {
  [browser, lab] = await Promise.all([launch(), startLab()]);
});
after(async () => {
  await browser?.close();
  await lab?.stop();
});

const [[LESSON]] = [...walks()].filter(([id]) => id.includes('slow'));

async function home(page) {
  await page.goto(`${lab.at}/`);
  await page.waitForSelector('.cards');
}

async function lesson(page) {
  await page.goto(`${lab.at}/#/lesson/${LESSON}`);
  await settled(page);
  await page.locator('[data-break]').first().click();
  await page.locator('[data-send]').first().click();
  await page.waitForSelector('.browser .status');
  await page.waitForSelector('.sequence-body');
}

// The last is one of the hard ones.
async function incident(page) {
  const { incidents } = await ask(lab, `/api/incidents?seed=${SEED}`);
  const { id } = incidents.at(-1);
  await page.goto(`${lab.at}/#/incident/${SEED}/${id}`);
  await page.waitForSelector('.panel.decide');
  await page.locator('.panel.do button').first().click();
  await page.waitForSelector('.browser .view');
  return id;
}

async function incidentAnswered(page) {
  const { causes, fix } = await truthOf(lab, SEED, await incident(page));
  for (const cause of causes) await page.locator(`[name=cause][value="${cause}"]`).check();
  await page.locator(`[name=fix][value="${fix}"]`).check();
  await page.getByRole('button', { name: 'Apply the fix' }).click();
  await page.waitForSelector('.result .sequence-body');
}

async function freePlay(page) {
  await page.goto(`${lab.at}/#/free/slow-application/report-takes-75s`);
  await page.waitForSelector('.sequence-body');
}

const PAGES = { home, lesson, incident, incidentAnswered, freePlay };
const FILES = {
  home: 'lab',
  lesson: 'lab-lesson',
  incident: 'lab-incident',
  incidentAnswered: 'lab-incident-answered',
  freePlay: 'lab-free-play',
};

// What a picture of the page begins with; else its top.
const SHOWN = {
  wide: { incidentAnswered: '.result' },
  narrow: {
    lesson: '.panel.see',
    incident: '.panel.do',
    incidentAnswered: '.result',
    freePlay: '.panel.write',
  },
};

for (const { size, scheme, name } of everyLook()) {
  for (const [what, open] of Object.entries(PAGES)) {
    test(`${what}, ${name}: nothing for axe, and nothing sticks out`, () =>
      onPage(browser, { own: lab.at, size, scheme }, async page => {
        await open(page);
        assert.deepEqual(await violations(page), []);
        assert.equal(
          await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
          0,
        );
        await page.evaluate(
          place => (place ? document.querySelector(place).scrollIntoView() : scrollTo(0, 0)),
          SHOWN[size][what],
        );
        await screenshot(page, `${FILES[what]}-${name}`);
      }));
  }
}

test('a lesson by keyboard alone', () =>
  onPage(browser, { own: lab.at }, async page => {
    await home(page);
    await page.locator('.cards a').first().focus();
    await page.keyboard.press('Enter');
    await settled(page);
    assert.equal(await page.evaluate(() => document.activeElement.tagName), 'H1');
    for (let i = 0; i < 40; ++i) {
      await page.keyboard.press('Tab');
      if (await page.evaluate(() => !!document.activeElement.dataset.send)) break;
    }
    await page.keyboard.press('Enter');
    await page.waitForSelector('.browser .status');
    await page.waitForFunction(() =>
      /(at once|after)/.test(document.getElementById('announcer').textContent),
    );
  }));

test('a lost connection is told, and what was meant is done when it is back', async () => {
  const own = await startLab();
  const { page, faults, close } = await openPage(browser, { own: own.at });
  try {
    await page.goto(`${own.at}/#/lesson/${LESSON}`);
    await settled(page);
    await own.stop();
    await page.locator('[data-send]').first().click();
    await page.waitForSelector('#connection .notice');
    assert.match(
      await page.locator('#connection').innerText(),
      /does not answer.*nothing of yours is lost/s,
    );
    const again = await startLab(Number(new URL(own.at).port));
    await page.getByRole('button', { name: 'Try now' }).click();
    await page.waitForSelector('.browser .status');
    assert.equal(await page.locator('#connection .notice').count(), 0);
    await page.reload();
    await page.waitForSelector('.browser .status');
    await again.stop();
    assert.deepEqual(
      faults.filter(fault => !/ERR_CONNECTION_REFUSED/.test(fault)),
      [],
    );
  } finally {
    await close();
  }
});

test('at a speed, a wait takes its time and may be skipped', async () => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  await page.goto(`${lab.at}/#/free/slow-application/report-takes-75s`);
  await page.waitForSelector('.sequence-body');
  await page.locator('[name=speed][value="10"]').check();
  await page.getByRole('button', { name: 'Raise proxy_read_timeout to 90 s' }).click();
  await page.waitForFunction(() =>
    /next in \d+/.test(document.querySelector('.clock').textContent),
  );
  assert.match(await page.locator('.diagram .client .state').textContent(), /^waits 0:/);
  await page.getByRole('button', { name: 'Skip this wait' }).click();
  await page.waitForFunction(
    () => document.querySelector('.browser .status')?.textContent === '200 OK',
  );
  await page
    .getByRole('button', { name: 'To the end' })
    .click({ timeout: 2000 })
    .catch(() => {});
  await settled(page);
  await context.close();
});

test('a page that is not there leads home, and an unknown lesson says so', () =>
  onPage(browser, { own: lab.at }, async page => {
    await page.goto(`${lab.at}/#/nowhere`);
    await page.waitForSelector('.cards');
  }));
