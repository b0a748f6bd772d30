// The live picture: client, proxy and servers, what each is doing, and the request on its way.
// States are told by shape and word as well as by colour.
import { BOX, NARROW, place } from './diagram_layout.js';
import { calm, drawn, make } from './dom.js';
import { askersOf, sceneAt, serversOf } from './scene.js';
import { counting } from './words.js';

const MOST_SERVERS = 6;

const HEALTH = {
  healthy: {
    word: 'healthy',
    draw: () => [drawn('circle', { r: 8 }), drawn('path', { d: 'M-4 0l3 3 5-6' })],
  },
  broken: {
    word: 'broken',
    draw: () => [
      drawn('path', { d: 'M-7-7h14v14h-14z' }),
      drawn('path', { d: 'M-3.5-3.5l7 7m0-7l-7 7' }),
    ],
  },
  disabled: {
    word: 'disabled',
    draw: () => [drawn('circle', { r: 8 }), drawn('path', { d: 'M-2.5-4v8m5-8v8' })],
  },
};

const LINK_WORDS = {
  connecting: 'connecting',
  waiting: 'waiting for the answer',
  answering: 'answer arrives',
  answered: 'answered',
  open: 'connected',
  closed: 'closed',
  reset: 'reset',
  silent: 'no reply',
  'given up': 'gave up',
  none: '',
};

function box(name, { x, y }) {
  const state = drawn('text', { x: 14, y: 46, class: 'state' });
  const more = drawn('text', { x: 14, y: 63, class: 'more' });
  const sign = drawn('g', { class: 'sign', transform: `translate(${BOX.width - 20} 21)` });
  const group = drawn(
    'g',
    { class: 'node', transform: `translate(${x} ${y})` },
    drawn('rect', { width: BOX.width, height: BOX.height, rx: 8 }),
    drawn('text', { x: 14, y: 26, class: 'who' }, name),
    state,
    more,
    sign,
  );
  return { group, state, more, sign };
}

function wire({ d, words }) {
  return {
    line: drawn('path', { class: 'wire', d }),
    words: drawn('text', { class: 'on-wire', ...words, 'text-anchor': 'middle' }),
  };
}

const shorten = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

// A story that was cut tells nothing of its end; the responses do.
function ended(run) {
  const last = run.responses?.at(-1);
  return { waiting: new Map(), words: last?.status ? `got ${last.status}` : 'got no answer' };
}

// Written only if it changed: this runs at each frame.
function say(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

export class Diagram {
  constructor() {
    this.svg = drawn('svg', { role: 'img', 'aria-labelledby': 'picture-words', class: 'diagram' });
    this.words = make('p', { id: 'picture-words', class: 'unseen' });
    this.element = make('div', { class: 'picture' }, this.svg, this.words);
    this.shape = '';
    this.observer = new ResizeObserver(() => {
      if (this.last) this.show(...this.last);
    });
    this.observer.observe(this.element);
  }

  // Draws anew when other servers take part, or the room has changed.
  layOut(run) {
    const askers = askersOf(run);
    const all = serversOf(run);
    const first = all.filter(name => !askers.has(name)).slice(0, MOST_SERVERS);
    const second = all.filter(name => first.includes(askers.get(name))).slice(0, MOST_SERVERS);
    const names = [...first, ...second];
    this.left = all.length - names.length;
    const width = this.element.clientWidth;
    const narrow = width > 0 && width < NARROW;
    const shape = JSON.stringify([first, second, narrow]);
    if (this.shape === shape) return;
    Object.assign(this, { names, shape, told: -1 });
    const places = place(
      first.length,
      second.map(name => first.indexOf(askers.get(name))),
      narrow,
    );
    this.svg.setAttribute('viewBox', `0 0 ${places.width} ${places.height}`);
    this.client = box('client', places.client);
    this.proxy = box('proxy', places.proxy);
    this.servers = new Map(names.map((name, i) => [name, box(name, places.servers[i])]));
    this.front = wire(places.front);
    this.wires = new Map(names.map((name, i) => [name, wire(places.wires[i])]));
    this.dot = drawn('circle', { class: 'dot', r: 7, visibility: 'hidden' });
    const wires = [this.front, ...this.wires.values()];
    this.svg.replaceChildren(
      ...wires.map(one => one.line),
      ...wires.map(one => one.words),
      ...[this.client, this.proxy, ...this.servers.values()].map(one => one.group),
      this.dot,
    );
  }

  // `run`: the case; the rest as Playback tells it.
  show(run, state) {
    this.last = [run, state];
    const { steps, time, running } = state;
    this.layOut(run);
    const scene = sceneAt(run, steps, time);
    this.showClient(running || !run.timeline_cut ? scene : { client: ended(run), time });
    this.showProxy(scene);
    for (const name of this.names) this.showServer(scene.servers.get(name), time);
    if (steps !== this.told && running) this.move(scene.moving);
    this.told = steps;
    if (!running) this.tell(scene);
  }

  showClient({ client, time }) {
    const all = [...client.waiting.values()];
    const longest = Math.min(...all.map(one => one.since));
    this.client.group.setAttribute('class', `node client ${all.length ? 'waiting' : ''}`);
    say(
      this.client.state,
      all.length > 1
        ? `${all.length} wait, ${counting(time - longest)}`
        : all.length
          ? `waits ${counting(time - longest)}`
          : client.words || 'nothing sent yet',
    );
    say(this.client.more, all.length ? shorten(all[0].what, 22) : '');
    this.front.line.setAttribute('class', `wire ${all.length ? 'busy' : ''}`);
  }

  showProxy({ servers, time }) {
    const busy = [...servers.values()].find(
      one => one.link === 'connecting' || one.link === 'waiting',
    );
    this.proxy.group.setAttribute('class', `node proxy ${busy ? 'waiting' : ''}`);
    say(this.proxy.state, busy ? `waits ${counting(time - busy.since)}` : 'ready');
    say(
      this.proxy.more,
      !busy ? '' : busy.link === 'connecting' ? `to connect to ${busy.name}` : `for ${busy.name}`,
    );
  }

  showServer(server, time) {
    const place = this.servers.get(server.name);
    const health = server.disabled ? 'disabled' : server.health;
    if (place.health !== health) {
      place.health = health;
      place.group.setAttribute('class', `node server ${health}`);
      place.sign.replaceChildren(...HEALTH[health].draw());
    }
    say(
      place.state,
      server.disabled ? `left out for ${counting(server.left)}` : HEALTH[health].word,
    );
    say(place.more, shorten(server.words.replace(/ \(.*/, ''), 22));
    const { line, words } = this.wires.get(server.name);
    const lasts = server.link === 'connecting' || server.link === 'waiting';
    line.setAttribute(
      'class',
      `wire ${lasts || server.link === 'answering' ? 'busy' : ''} ${server.link.replace(' ', '-')}`,
    );
    say(
      words,
      LINK_WORDS[server.link] && lasts
        ? `${server.link} ${counting(time - server.since)}`
        : LINK_WORDS[server.link],
    );
  }

  // A dot that runs along the wire once.
  move(moving) {
    const name = moving && [moving.from, moving.to].find(one => this.wires.has(one));
    const back = moving && (moving.to === 'client' || (moving.to === 'proxy' && name));
    const path = name ? this.wires.get(name).line : moving ? this.front.line : null;
    cancelAnimationFrame(this.moving);
    this.dot.setAttribute('visibility', 'hidden');
    if (!path || calm()) return;
    const [length, began] = [path.getTotalLength(), performance.now()];
    const step = now => {
      const part = Math.min((now - began) / 350, 1);
      const point = path.getPointAtLength(length * (back ? 1 - part : part));
      this.dot.setAttribute('cx', point.x);
      this.dot.setAttribute('cy', point.y);
      this.dot.setAttribute('visibility', part < 1 ? 'visible' : 'hidden');
      if (part < 1) this.moving = requestAnimationFrame(step);
    };
    this.dot.setAttribute('class', `dot ${moving.kind}`);
    this.moving = requestAnimationFrame(step);
  }

  // The same in words, for those who do not see it.
  tell(scene) {
    const servers = this.names.map(name => {
      const server = scene.servers.get(name);
      return `${name} is ${server.disabled ? 'left out' : server.health}${server.words ? ` (${server.words})` : ''}`;
    });
    if (this.left > 0) servers.push(`and ${this.left} more`);
    say(
      this.words,
      `The client ${scene.client.words || 'has sent nothing yet'}. ${servers.join(', ')}.`,
    );
  }
}
