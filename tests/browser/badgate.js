// The program itself, for tests that need what it writes or serves.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './browser.js';

export const BADGATE = process.env.BADGATE ?? join(ROOT, 'build/harness/badgate');

// A folder that `remove()` takes away again.
export function temporaryFolder() {
  const path = mkdtempSync(join(tmpdir(), 'badgate-browser-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

// Runs badgate to its end: {status, stdout, stderr}.
export function badgate(...options) {
  const env = { BADGATE_SCENARIOS: join(ROOT, 'scenarios'), ...process.env };
  const done = spawnSync(BADGATE, options, {
    env,
    encoding: 'utf8',
    timeout: 120_000,
    maxBuffer: 64 << 20,
  });
  assert.equal(done.error, undefined);
  return done;
}

// "The application needs 75 s", in `folder` with `before` replaced.
export function changedScenario(folder, name, before, after) {
  const text = readFileSync(join(ROOT, 'scenarios/slow-application/report-takes-75s.toml'), 'utf8');
  const changed = text.replace(before, after);
  assert.notEqual(changed, text);
  const path = join(folder, `${name}.toml`);
  writeFileSync(path, changed);
  return path;
}

// What tests/golden/NAME says. BADGATE_UPDATE_GOLDEN=1 writes `text` there first.
export function golden(name, text) {
  const path = join(ROOT, 'tests/golden', name);
  if (process.env.BADGATE_UPDATE_GOLDEN === '1') writeFileSync(path, text);
  return readFileSync(path, 'utf8');
}
