// The sequence diagrams and charts of harness/web/, on the sample page.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { FILES, everyLook, launch, onPage, violations } from './browser.js';

const PAGE = `${FILES}/tests/browser/pages/sequence.html`;
const CASE = 'slow-application/report-takes-75s';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

async function open(page, name) {
  await page.goto(name === undefined ? PAGE : `${PAGE}?case=${encodeURIComponent(name)}`);
  await page.waitForSelector('body[data-ready]');
}

test('a case is drawn: lanes, arrows, the folded wait, the log, the bars', () =>
  onPage(browser, {}, async page => {
    await open(page, CASE);
    assert.deepEqual(await page.locator('.lane-head text').allTextContents(), [
      'client',
      'proxy',
      'app[0]',
    ]);
    assert.equal(await page.locator('.row.type-arrow').count(), 5);
    assert.deepEqual(await page.locator('.fold text').allTextContents(), ['60 s']);
    assert.deepEqual(await page.locator('.timer text').allTextContents(), ['75 s', '60 s']);
    assert.match(await page.locator('.row.type-note').first().textContent(), /upstream timed out/);
  }));

test('the arrow keys go from step to step, and the tip tells it whole', () =>
  onPage(browser, {}, async page => {
    await open(page, CASE);
    await page.locator('.hit[tabindex="0"]').focus();
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowUp');
    assert.match(
      await page.locator('.sequence-tip').innerText(),
      /60\.000 s\s+client\s+receives 504, whole, 167 body bytes after 1m/,
    );
    assert.equal(await page.locator('.hit[tabindex="0"]').count(), 1);
    await page.keyboard.press('Enter');
    assert.match(
      await page.locator('.hit[aria-selected=true]').getAttribute('aria-label'),
      /receives 504/,
    );
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('.sequence-tip').isVisible(), false);
  }));

test('the pointer shows a log line whole', () =>
  onPage(browser, {}, async page => {
    await open(page, CASE);
    await page.locator('.row.type-note').first().hover();
    assert.match(
      await page.locator('.sequence-tip').innerText(),
      /110: Connection timed out.*host: "localhost"/,
    );
  }));

test('a live play is drawn up to its moment, and a step is selected from outside', () =>
  onPage(browser, {}, async page => {
    await open(page, CASE);
    const rows = await page.evaluate(() => {
      const place = document.querySelector('.place');
      drawSequence(place, cases[0], { until: 30 });
      const before = place.querySelectorAll('.row').length;
      drawSequence(place, cases[0], { selected: 1 });
      return [
        before,
        place.querySelectorAll('.row').length,
        place.querySelector('[aria-selected=true]').parentNode.textContent,
      ];
    });
    assert.deepEqual(rows, [6, 12, 'GET /report']);
  }));

test('the same is told as a list', () =>
  onPage(browser, {}, async page => {
    await open(page, CASE);
    await page.locator('.sequence-list summary').click();
    assert.equal(await page.locator('.sequence-list li').count(), 18);
  }));

test('a load has its charts, with the numbers as tables', () =>
  onPage(browser, {}, async page => {
    await open(page, 'overload/twice-as-many');
    assert.deepEqual(await page.locator('.chart figcaption b').allTextContents(), [
      'Answers each 1 s',
      'Waiting for a worker',
      'Workers in use',
      'How long answers took',
      'Servers tried for a request',
    ]);
    assert.match(await page.locator('.plot').first().getAttribute('aria-label'), /750 × 200/);
    await page.locator('.numbers summary').first().click();
    assert.equal(await page.locator('.numbers').first().locator('tbody tr').count(), 120);
  }));

for (const { size, scheme, name } of everyLook()) {
  test(`${name}: nothing is beside the page, and axe finds nothing serious`, () =>
    onPage(browser, { size, scheme }, async page => {
      await open(page);
      const [content, view] = await page.evaluate(() => [
        document.documentElement.scrollWidth,
        window.innerWidth,
      ]);
      assert.ok(content <= view, `the page is ${content} wide, the window ${view}`);
      assert.deepEqual(await violations(page), []);
    }));
}
