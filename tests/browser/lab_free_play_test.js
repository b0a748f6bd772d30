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
