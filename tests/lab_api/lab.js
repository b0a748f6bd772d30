// badgate's lab for a test suite in JavaScript: starts it, and speaks its JSON API. Nothing but
// Node's standard library.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { createInterface } from 'node:readline';

// One request to any server: { status, headers, text }.
export function request(url, { method = 'GET', headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const sent = http.request(url, { method, headers, agent: false }, response => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', piece => { text += piece; });
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

export class Lab {
  static async start(badgate) {
    const process = spawn(badgate, ['lab', '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
    for await (const line of createInterface({ input: process.stdout })) {
      const address = /^The lab is at (http:\S+)\/$/.exec(line)?.[1];
      if (address) return new Lab(process, address);
    }
    throw new Error('badgate lab did not say where it listens');
  }

  constructor(process, address) {
    Object.assign(this, { process, address });
  }

  // As Ctrl-C does; returns the exit code.
  async end() {
    const exit = once(this.process, 'exit');
    this.process.kill('SIGINT');
    return (await exit)[0];
  }

  async ask(method, path, what, expected = 200) {
    const body = what === undefined ? undefined : JSON.stringify(what);
    const headers = body === undefined ? {} : { 'Content-Type': 'application/json' };
    const answer = await request(this.address + path, { method, headers, body });
    if (answer.status !== expected) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.text ? JSON.parse(answer.text) : undefined;
  }

  get(path) { return this.ask('GET', path); }

  // What a stage says as soon as it has logged so many requests: as in nginx, a request's line may
  // wait until its client has closed the connection.
  async logged(path, requests) {
    const end = Date.now() + 10_000;
    for (;;) {
      const seen = await this.get(path);
      if (seen.access.length >= requests || Date.now() > end) return seen;
    }
  }

  post(path, what, expected) { return this.ask('POST', path, what, expected); }
  delete(path) { return this.ask('DELETE', path, undefined, 204); }
}
