// A Chromium for the tests, and pages in it that fail a test on what no page of badgate may do:
// write an error to the console, or ask another host for anything.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import axe from 'axe-core';
import { chromium } from 'playwright-core';

export const ROOT = normalize(join(dirname(fileURLToPath(import.meta.url)), '..', '..'));
export const SIZES = { wide: { width: 1280, height: 900 }, narrow: { width: 390, height: 844 } };
// Where pages find the files of the repository: ES modules are not loaded from file://.
export const FILES = 'http://files.test';

const PROGRAMS = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser'];
const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
};

export async function launch() {
  const executablePath = PROGRAMS.find(path => path && existsSync(path));
  assert.ok(executablePath, 'there is a Chromium');
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath, args });
}

function fromRepository(route, url) {
  const path = normalize(join(ROOT, decodeURIComponent(url.pathname)));
  if (!path.startsWith(ROOT) || !existsSync(path)) return route.fulfill({ status: 404, body: '' });
  return route.fulfill({
    contentType: TYPES[extname(path)] ?? 'text/plain',
    body: readFileSync(path),
  });
}

// A page and what went wrong in it. Options: size ("wide", "narrow"), scheme ("light", "dark"),
// own: the origin that the page may ask ("http://127.0.0.1:8080"), beside file:// and FILES.
export async function openPage(browser, { size = 'wide', scheme = 'light', own = null } = {}) {
  const context = await browser.newContext({
    viewport: SIZES[size],
    colorScheme: scheme,
    reducedMotion: 'reduce',
    serviceWorkers: 'block',
  });
  const faults = [];
  await context.route('**/*', route => {
    const url = new URL(route.request().url());
    if (url.origin === FILES) return fromRepository(route, url);
    if (['file:', 'data:', 'blob:'].includes(url.protocol) || url.origin === own)
      return route.continue();
    faults.push(`a request to ${url.href}`);
    return route.abort();
  });
  const page = await context.newPage();
  page.on('console', message => {
    if (['error', 'warning'].includes(message.type())) faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', error => faults.push(`error: ${error.message}`));
  return { page, faults, close: () => context.close() };
}

// Runs `steps(page)` on a fresh page, and then holds that nothing went wrong in it.
export async function onPage(browser, options, steps) {
  const { page, faults, close } = await openPage(browser, options);
  try {
    await steps(page);
    assert.deepEqual(faults, []);
  } finally {
    await close();
  }
}

// axe's violations that are serious or critical, in words; `within` is a selector of what to look at.
// Through CDP, so that the page's Content-Security-Policy does not matter.
export async function violations(page, within = 'html') {
  const session = await page.context().newCDPSession(page);
  await session.send('Runtime.evaluate', { expression: axe.source });
  const { result, exceptionDetails } = await session.send('Runtime.evaluate', {
    expression: `axe.run(${JSON.stringify(within)}, {resultTypes: ['violations']}).then(found => JSON.stringify(found.violations))`,
    awaitPromise: true,
    returnByValue: true,
  });
  assert.equal(exceptionDetails, undefined);
  return JSON.parse(result.value)
    .filter(({ impact }) => ['serious', 'critical'].includes(impact))
    .map(
      ({ id, help, nodes }) =>
        `${id}: ${help}: ${nodes
          .slice(0, 3)
          .map(node => node.target.join(' '))
          .join(', ')}`,
    );
}

// docs/screenshots/NAME-wide-light.png …, where SCREENSHOTS is set.
export async function screenshot(page, name) {
  if (!process.env.SCREENSHOTS) return;
  await page.mouse.move(0, 0);
  await page.screenshot({ path: join(ROOT, 'docs/screenshots', `${name}.png`) });
}

// Holds `look` in light and dark, wide and narrow: (page, "wide-light") …
export function everyLook() {
  return ['wide', 'narrow'].flatMap(size =>
    ['light', 'dark'].map(scheme => ({ size, scheme, name: `${size}-${scheme}` })),
  );
}
