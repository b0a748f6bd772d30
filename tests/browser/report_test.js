// The HTML report of real runs, opened from file:// as people do.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { badgate, changedScenario, golden, temporaryFolder } from './badgate.js';
import { ROOT, everyLook, launch, onPage, screenshot, violations } from './browser.js';

const LATE = 'slow-application/report-takes-75s';
const LOAD = 'overload/twice-as-many';

let browser;
let folder;
let some; // a failure, a load and a cause
let whole; // the catalogue

function reportOf(name, status, ...selection) {
  const path = join(folder.path, `${name}.html`);
  const done = badgate('run', ...selection, '--report', `html:${path}`);
  assert.equal(done.status, status, done.stderr);
  return pathToFileURL(path).href;
}

// The JSON report at `path` as a page.
function htmlOf(name, path, status) {
  const page = join(folder.path, `${name}.html`);
  const done = badgate('report', path, '--report', `html:${page}`);
  assert.equal(done.status, status, done.stderr);
  return pathToFileURL(page).href;
}

before(async () => {
  folder = temporaryFolder();
  some = reportOf(
    'some',
    1,
    changedScenario(folder.path, 'fails', /^status = 504$/gm, 'status = 200'),
    LOAD,
    'slow-application',
  );
  whole = reportOf('whole', 0);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  folder?.remove();
});

async function open(page, url, hash = '') {
  await page.goto(url + hash);
  await page.waitForSelector('body[data-ready]');
}

const shown = page => page.locator('details.scenario:visible');
const scenario = (page, name) => page.locator(`details.scenario[data-name="${name}"]`);

test('the whole catalogue is listed, and nothing is drawn before it is opened', t =>
  onPage(browser, {}, async page => {
    await open(page, whole);
    const loaded = await page.evaluate(
      () => performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd,
    );
    t.diagnostic(`opened in ${Math.round(loaded)} ms`);
    assert.match(await page.locator('h1').textContent(), /^(All )?\d+ passed/);
    assert.ok((await shown(page).count()) >= 250);
    assert.equal(await page.locator('.sequence').count(), 0);
  }));

test('a scenario is opened by keyboard: cause, diagram, logs, remedies', () =>
  onPage(browser, {}, async page => {
    await open(page, whole, '#cause=slow-application');
    await scenario(page, LATE).locator('> summary').focus();
    await page.keyboard.press('Enter');
    const opened = scenario(page, LATE);
    await opened.locator('.sequence').waitFor();
    assert.deepEqual(await opened.locator('.lane-head text').allTextContents(), [
      'client',
      'proxy',
      'app[0]',
    ]);
    assert.deepEqual(await opened.locator('.fold text').allTextContents(), ['60 s']);
    const text = await opened.innerText();
    for (const part of [
      'The cause',
      'What users see',
      'What helps',
      'What does not help',
      'Error log',
      'Access log',
      'upstream timed out',
      'What the servers saw',
    ]) {
      assert.ok(text.includes(part), part);
    }
    const remedies = opened.locator('.remedy > summary');
    assert.match(
      (await remedies.allInnerTexts()).join('\n'),
      /helps Raise proxy_read_timeout to 90 s\s+200 after 75 s/,
    );
    await remedies.first().focus();
    await page.keyboard.press('Enter');
    await opened.locator('.remedy .sequence').waitFor();
    await page.keyboard.press('Tab');
    assert.equal(
      await page.evaluate(() => document.activeElement.closest('.remedy') !== null),
      true,
    );
  }));

test('a failure shows what was expected and what came', () =>
  onPage(browser, {}, async page => {
    await open(page, some);
    assert.match(await page.locator('h1').textContent(), /failed$/);
    await page.getByLabel('failures only').check();
    assert.equal(await shown(page).count(), 1);
    await shown(page).locator('> summary').click();
    const table = page.locator('section', { hasText: 'Expected against actual' }).last();
    await table.locator('td').first().waitFor();
    const cells = await table.locator('td').allInnerTexts();
    assert.match(cells[0], /status/);
    assert.deepEqual([cells[1], cells[2]], ['200', '504']);
    assert.match(cells[3], /fails\.toml:\d+:\d+$/);
  }));

test('what a scenario says is text, whatever it says', () =>
  onPage(browser, {}, async page => {
    const title = '</script><script>alert(1)</script><!--<script><img src=x onerror=alert(1)>';
    const path = changedScenario(folder.path, 'hostile', /^title = .*/, `title = '${title}'`);
    await open(page, reportOf('hostile', 0, path));
    assert.equal(await page.locator('details.scenario > summary b').textContent(), title);
    await page.locator('details.scenario > summary').click();
    await page.locator('.sequence').first().waitFor();
    assert.equal(await page.locator('img').count(), 0);
    assert.equal(await page.locator('script').count(), 2);
  }));

test('runs that were repeated say how often they passed', () =>
  onPage(browser, {}, async page => {
    await open(page, reportOf('repeated', 0, LATE, '--repeat', '3'));
    await shown(page).locator('> summary').click();
    await shown(page).locator('.sequence').first().waitFor();
    const text = await shown(page).innerText();
    assert.match(text, /report-takes-75s: 504 after 60 s; 3 of 3 runs passed/);
    assert.match(text, /200 after 75 s; 3 of 3 runs passed/);
  }));

// Of tests/golden/reports/run.json: a pass, failures, a skip, a proxy that crashed, a load.
test('what the page says of every kind of case is as it was', () =>
  onPage(browser, {}, async page => {
    const url = htmlOf('golden', join(ROOT, 'tests/golden/reports/run.json'), 3);
    await open(page, url);
    const text = await page.evaluate(() => {
      for (let round = 0; round < 2; ++round) {
        for (const details of document.querySelectorAll('.scenario, .remedy')) {
          details.open = true;
          details.dispatchEvent(new Event('toggle'));
        }
      }
      // How their words are broken into lines is the font's.
      for (const drawing of document.querySelectorAll('.sequence, .plot')) {
        drawing.style.display = 'none';
      }
      return document.body.innerText;
    });
    const said = `${text.replace(/[ \t]+$/gm, '').replace(/\n{2,}/g, '\n')}\n`;
    assert.equal(said, golden('reports/run.html.txt', said));
    assert.deepEqual(await violations(page), []);
  }));

test('filters are by text, state and cause, and are kept in the address', () =>
  onPage(browser, {}, async page => {
    await open(page, whole);
    await page.getByLabel('Find').fill('event loop');
    await page.getByLabel('Cause').selectOption('slow-application');
    assert.equal(await shown(page).count(), 1);
    assert.match(await page.locator('output').textContent(), /cases in 1 scenarios?$/);
    assert.match(page.url(), /#text=event\+loop&cause=slow-application$/);
    await page.reload();
    await page.waitForSelector('body[data-ready]');
    assert.equal(await shown(page).count(), 1);
    assert.equal(await page.getByLabel('Find').inputValue(), 'event loop');
    await page.getByLabel('Find').fill('no such words anywhere');
    assert.equal(await page.locator('.nothing').isVisible(), true);
    await page.getByRole('button', { name: 'Show all' }).click();
    assert.ok((await shown(page).count()) >= 250);
  }));

test('an address opens its scenario, and its remedy', () =>
  onPage(browser, {}, async page => {
    await open(page, whole, `#open=${encodeURIComponent(`${LATE}:longer_read_timeout`)}`);
    await page.locator('.remedy .sequence').waitFor();
    assert.equal(
      await page.locator('.remedy[open]').getAttribute('data-name'),
      `${LATE}:longer_read_timeout`,
    );
  }));

test('a load has charts over time', () =>
  onPage(browser, {}, async page => {
    await open(page, some, `#open=${LOAD}`);
    await page.locator('.charts').first().waitFor();
    const titles = await scenario(page, LOAD)
      .locator('.charts')
      .first()
      .locator('figcaption b')
      .allTextContents();
    assert.match(titles[0], /^Answers each/);
    for (const title of [
      'Waiting for a worker',
      'Workers in use',
      'How long answers took',
      'Servers tried for a request',
    ]) {
      assert.ok(titles.includes(title), title);
    }
  }));

test('on paper failures are open, and shut again behind it', () =>
  onPage(browser, {}, async page => {
    await open(page, some);
    await page.evaluate(() =>
      addEventListener('beforeprint', () => {
        document.body.dataset.printed = document.querySelectorAll('details[open] .diagram').length;
      }),
    );
    const pdf = await page.pdf();
    assert.ok(pdf.length > 10_000);
    // The scenario, and three of its remedies that come out like it.
    assert.equal(await page.evaluate(() => document.body.dataset.printed), '4');
    assert.equal(await page.locator('main details[open]').count(), 0);
  }));

for (const { size, scheme, name } of everyLook()) {
  test(`${name}: all fits, and axe finds nothing serious`, () =>
    onPage(browser, { size, scheme }, async page => {
      await open(page, some);
      await screenshot(page, `report-${name}`);
      await page
        .locator('details.scenario', { hasText: 'failed' })
        .first()
        .locator('> summary')
        .click();
      await scenario(page, LOAD).locator('> summary').click();
      await page.locator('.charts').first().waitFor();
      const [content, view] = await page.evaluate(() => [
        document.documentElement.scrollWidth,
        window.innerWidth,
      ]);
      assert.ok(content <= view, `the page is ${content} wide, the window ${view}`);
      assert.deepEqual(await violations(page), []);
      await page
        .locator('.diagram')
        .first()
        .evaluate(diagram => diagram.scrollIntoView({ block: 'center' }));
      await screenshot(page, `report-case-${name}`);
      await page
        .locator('.charts')
        .first()
        .evaluate(charts => charts.scrollIntoView({ block: 'center' }));
      await screenshot(page, `report-load-${name}`);
    }));
}
