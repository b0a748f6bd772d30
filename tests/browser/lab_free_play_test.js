// Free play in the browser: search, edit, mistakes, remedies, and the way home to `badgate run`.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, onPage } from './browser.js';
import { BADGATE, settled, startLab } from './lab.js';

const NAME = 'slow-application/report-takes-75s';

let browser, lab, folder;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'badgate-lab-'));
  [browser, lab] = await Promise.all([launch(), startLab()]);
});
after(async () => {
  await browser?.close();
  await lab?.stop();
  rmSync(folder, { recursive: true });
});

async function open(page) {
  await page.goto(`${lab.at}/#/free`);
  await page.locator('#search').fill('report-takes-75s');
  await page.locator('.found button').first().click();
  await page.waitForFunction(
    name => document.querySelector('#panel-write').textContent === name,
    NAME,
  );
  await settled(page);
}

const status = page => page.locator('.browser .status').innerText();

async function saved(page, label) {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: label }).click(),
  ]);
  const path = join(folder, download.suggestedFilename());
  await download.saveAs(path);
  return path;
}

test('a scenario of the catalogue is found, played, changed, saved, and run again', () =>
  onPage(browser, { own: lab.at }, async page => {
    await open(page);
    assert.equal(await status(page), '504 Gateway Time-out');
    await page.locator('#directive').fill('proxy_read_timeout');
    await page.locator('#value').fill('80s');
    await page.getByRole('button', { name: 'Set', exact: true }).click();
    await page.waitForFunction(
      () => document.querySelector('.browser .status').textContent === '200 OK',
    );
    const path = await saved(page, 'Save as file');
    assert.match(readFileSync(path, 'utf8'), /^proxy_read_timeout = "80s"$/m);
    const run = spawnSync(BADGATE, ['run', path, '--timeline'], { encoding: 'utf8' });
    assert.equal(run.status, 1, 'its expectations are those of before');
    assert.match(run.stdout, /client +receives 200, whole, 100 body bytes after 1m15s/);
  }));

test('a file that is written here passes `badgate run`', () =>
  onPage(browser, { own: lab.at }, async page => {
    await page.goto(`${lab.at}/#/free`);
    await page.getByRole('button', { name: 'Begin a new one' }).click();
    await page
      .locator('#toml')
      .fill('title = "Mine"\n[[upstream.app]]\n[[request]]\npath = "/mine"\nexpect.status = 200\n');
    await page.waitForFunction(() =>
      document.querySelector('.browser .address')?.textContent.includes('GET /mine'),
    );
    const run = spawnSync(BADGATE, ['run', await saved(page, 'Save as file')], {
      encoding: 'utf8',
    });
    assert.equal(run.status, 0, run.stdout + run.stderr);
  }));

test('a mistake is shown at its place, and what was played stays', () =>
  onPage(browser, { own: lab.at }, async page => {
    await open(page);
    const text = await page.locator('#toml').inputValue();
    await page.locator('#toml').fill(text.replace('\nproxy_read_timeout', '\nproxy_read_timout'));
    await page.waitForSelector('.mistakes li');
    const line = text.slice(0, text.indexOf('\nproxy_read_timeout') + 1).split('\n').length;
    assert.match(
      await page.locator('.mistakes li').first().innerText(),
      new RegExp(`Line ${line}, column 1.*proxy_read_timout`, 's'),
    );
    assert.match(await page.locator('.mistakes li').first().innerText(), /proxy_read_timeout\?/);
    assert.equal((await page.locator('.numbers .wrong').innerText()).trim(), `✕ ${line}`);
    assert.equal(await page.locator('.under mark').innerText(), 'proxy_read_timout');
    assert.equal(await status(page), '504 Gateway Time-out');
    await page.locator('.mistakes button').first().click();
    assert.equal(
      await page
        .locator('#toml')
        .evaluate(area => area.value.slice(area.selectionStart).split('\n')[0]),
      'proxy_read_timout = "60s"',
    );
    await page.locator('#toml').fill(text);
    await page.waitForFunction(() => !document.querySelector('.mistakes li'));
  }));

test('remedies are buttons, and say whether they help', () =>
  onPage(browser, { own: lab.at }, async page => {
    await open(page);
    await page.getByRole('button', { name: 'Raise proxy_connect_timeout to 90 s' }).click();
    await page.waitForFunction(() =>
      document.querySelector('.remedy-result').textContent.includes('this does not help'),
    );
    assert.equal(await status(page), '504 Gateway Time-out');
    await page.getByRole('button', { name: 'Raise proxy_read_timeout to 90 s' }).click();
    await page.waitForFunction(() =>
      document.querySelector('.remedy-result').textContent.includes('this helps'),
    );
    assert.equal(await status(page), '200 OK');
  }));

test('the same as curl', () =>
  onPage(browser, { own: lab.at }, async page => {
    await open(page);
    await page.getByRole('button', { name: 'As curl' }).click();
    assert.match(await page.locator('dialog pre').innerText(), /^#\s+badgate serve \S+\.toml$/m);
    assert.match(await page.locator('dialog pre').innerText(), /curl .*\/report/);
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => !document.querySelector('dialog'));
  }));

test("a file of one's own is opened", () =>
  onPage(browser, { own: lab.at }, async page => {
    await page.goto(`${lab.at}/#/free`);
    await page.locator('#upload').setInputFiles({
      name: 'x.toml',
      mimeType: 'text/plain',
      buffer: Buffer.from(
        'title = "x"\n[[upstream.app]]\nfault = { down = "refuse" }\n[[request]]\n',
      ),
    });
    await page.waitForFunction(
      () => document.querySelector('.browser .status')?.textContent === '502 Bad Gateway',
    );
  }));

const verdict = page => page.locator('.verdict').innerText();
const played = (page, words) =>
  page.waitForFunction(
    text => document.querySelector('.verdict:not([hidden])')?.textContent.includes(text),
    words,
  );

test('all that the catalogue has can be played, also what no file of others may do', () =>
  onPage(browser, { own: lab.at }, async page => {
    await page.goto(`${lab.at}/#/free/php-fpm/wrong-socket-path`);
    await page.waitForFunction(
      () => document.querySelector('.browser .status')?.textContent === '502 Bad Gateway',
    );
    assert.equal(await page.locator('.mistakes li').count(), 0);
    await page.reload(); // it is the catalogue's still
    await page.waitForFunction(
      () => document.querySelector('.browser .status')?.textContent === '502 Bad Gateway',
    );
    const text = await page.locator('#toml').inputValue();
    await page.locator('#toml').fill(`${text}# changed\n`);
    await page.waitForSelector('.mistakes li');
  }));

test('a file that is not played says why', () =>
  onPage(browser, { own: lab.at }, async page => {
    await page.goto(`${lab.at}/#/free/tls/https-request-to-the-plain-port`);
    await played(page, 'Not played: it needs the real clock');
  }));

test("what is not as one's own file expects is said, until it is", () =>
  onPage(browser, { own: lab.at }, async page => {
    await page.goto(`${lab.at}/#/free`);
    const file = status =>
      `title = "x"\n[[upstream.app]]\n[[request]]\nexpect.status = ${status}\n`;
    await page.locator('#toml').fill(file(504));
    await played(page, 'Not as expected');
    assert.match(await verdict(page), /status.*expected 504, was 200/);
    await page.locator('#toml').fill(file(200));
    await page.waitForFunction(() => document.querySelector('.verdict').hidden);
  }));

test('of a long story, what is left out is said where it is', () =>
  onPage(browser, { own: lab.at }, async page => {
    await page.goto(`${lab.at}/#/free`);
    await page
      .locator('#toml')
      .fill('title = "x"\n[[upstream.app]]\n[[request]]\nrepeat = 100\npause = "1s"\n');
    await page.waitForSelector('.sequence .type-gap');
    const cut = await page.locator('.panel.see > .none').innerText();
    const [, all, missing] = /^Of (\d+) steps, (\d+) in the middle are left out/.exec(cut);
    assert.equal(Number(all) - Number(missing), 400);
    assert.equal(
      await page.locator('.sequence .type-gap .hit').getAttribute('aria-label'),
      `… ${missing} steps are left out here …`,
    );
    const stamps = await page.locator('.log').nth(1).locator('.at').allInnerTexts();
    assert.equal(stamps.length, 100);
    const times = stamps.map(Number);
    assert.ok(
      times.every((time, i) => Math.abs(time - i) < 0.01),
      String(times),
    );
  }));

test('a load is counted whole', () =>
  onPage(browser, { own: lab.at }, async page => {
    await page.goto(`${lab.at}/#/free`);
    await page
      .locator('#toml')
      .fill('title = "x"\n[[upstream.app]]\n[load]\nrate = 100\nduration = "10s"\n');
    await page.waitForFunction(() =>
      /^All \d{3,4}: /.test(document.querySelector('.tally').textContent),
    );
    const [, all, ok] = /^All (\d+): (\d+) × 200 OK\.$/.exec(
      await page.locator('.tally').innerText(),
    );
    assert.equal(ok, all);
    assert.ok(Number(all) > 800, all);
    assert.equal(
      await page.locator('table.responses td.number').nth(-2).innerText(),
      all,
      'the last row has the last number',
    );
    assert.match(await page.locator('.log').nth(1).innerText(), /\d+ lines are left out/);
  }));

test('typing gives up the play before', () =>
  onPage(browser, { own: lab.at }, async page => {
    await page.goto(`${lab.at}/#/free`);
    const heavy =
      'title = "x"\n[proxy]\nproxy_buffering = "off"\n[[upstream.app]]\nbody = "1000g"\n[[request]]\n';
    const sent = page.waitForRequest(
      request => request.url().endsWith('/api/play') && request.postData().includes('1000g'),
    );
    await page.locator('#toml').fill(heavy);
    const failed = page.waitForEvent('requestfailed');
    await sent;
    await page
      .locator('#toml')
      .fill('title = "x"\n[[upstream.app]]\n[[request]]\npath = "/light"\n');
    assert.match((await failed).url(), /\/api\/play$/);
    await page.waitForFunction(() =>
      document.querySelector('.browser .address')?.textContent.includes('GET /light'),
    );
  }));

test('lines that a default nginx does not write are left out where they are many', () =>
  onPage(browser, { own: lab.at }, async page => {
    await page.goto(`${lab.at}/#/free`);
    await page
      .locator('#toml')
      .fill(
        'title = "x"\n[proxy]\nproxy_read_timeout = "1s"\n[[upstream.app]]\nfault = { slow = "header", delay = "5s" }\n' +
          '[[request]]\nconcurrent = 30\n',
      );
    const lines = page.locator('.log').first().locator('li');
    await page.waitForFunction(
      () => document.querySelectorAll('.log')[0].querySelectorAll('li').length === 30,
    );
    assert.match(await lines.last().innerText(), /\[error\] upstream timed out/);
    await page.getByRole('checkbox', { name: /also the \d+ lines below/ }).check();
    assert.ok((await lines.count()) > 30);
  }));
