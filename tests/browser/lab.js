// A lab for the tests, `badgate lab` at a free port, and the pages' own moves.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT } from './browser.js';

export const BADGATE = process.env.BADGATE ?? join(ROOT, 'build/harness/badgate');

// Resolves to {at, stop()}: its address as an origin. `port`: 0 for any.
export async function startLab(port = 0) {
  const child = spawn(BADGATE, ['lab', '--port', String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise(done => child.once('exit', done));
  for await (const line of createInterface({ input: child.stdout })) {
    const [, at] = /at (http:\/\/[^/]+)\//.exec(line) ?? [];
    if (at)
      return {
        at,
        stop: () => {
          child.kill('SIGTERM');
          return ended;
        },
      };
  }
  throw new Error('badgate lab has not said where it is');
}

// What the lab answers to a request of the API.
export async function ask(lab, path, body) {
  const response = await fetch(
    `${lab.at}${path}`,
    body === undefined
      ? {}
      : {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify(body),
        },
  );
  assert.equal(response.status, 200, `${path}: ${response.status}`);
  return response.json();
}

// Until nothing is being played any more.
export const settled = page => page.waitForSelector('.desk:not([aria-busy])');

// The walks that the lessons' files hold for their tests: id of the lesson → its steps, in order,
// each {id, walk: ["send home", "wait 11s" …]}.
export function walks() {
  const folder = join(ROOT, 'harness/lab/lessons');
  return new Map(
    readdirSync(folder)
      .filter(name => name.endsWith('.toml'))
      .map(name => {
        const [, ...blocks] = readFileSync(join(folder, name), 'utf8').split(/^\[\[step\]\]$/m);
        return [name.replace('.toml', ''), blocks.map(stepOf)];
      }),
  );
}

function stepOf(block) {
  const [, id] = /^id = "(.*)"$/m.exec(block);
  const [, list] = /^walk = \[([^\]]*)\]/m.exec(block) ?? [null, ''];
  return { id, walk: [...list.matchAll(/"([^"]*)"/g)].map(match => match[1]) };
}

// What is right of an incident, which the API tells with an answer: {incident, causes, fix, wrong},
// the ids of its causes, of the fix that helps, and of one that does not.
export async function truthOf(lab, seed, id) {
  const path = `/api/incidents/${seed}/${id}`;
  const incident = await ask(lab, path);
  const causes = incident.causes.map(cause => cause.id);
  const tries = await Promise.all(
    incident.fixes.map(fix =>
      ask(lab, `${path}/answer`, { causes, fix: fix.id, hints: 0, sent: 0 }),
    ),
  );
  const fixOf = right => incident.fixes.find((_, i) => tries[i].fix_right === right).id;
  return { incident, causes: tries[0].causes_right, fix: fixOf(true), wrong: fixOf(false) };
}
