// What the picture shows at one moment, worked out from the timeline's steps until then. Knows no
// elements, so that a test can ask it.

const FAULT = /\(([a-z-]+: [a-z-]+)\)$/; // a server's receipt of what it did on purpose
const BREAKS = / (breaks|crashes|is killed)$/;
const HEALS = / (heals|is started again)$/;
const UPSTREAM = /upstream: "[a-z]+:\/\/([^/"]+)/;
const FAIL_TIMEOUT = 10; // seconds: nginx's default

const newServer = ({ name, failTimeout, passes }) => ({
  name,
  failTimeout,
  passes, // its faults are over by themselves
  health: 'healthy',
  faulted: false, // in the request that it has read last
  words: '',
  link: 'none',
  since: 0,
});
const heal = server => Object.assign(server, newServer(server));

const isClient = lane => /^client( \d+)?$/.test(lane ?? '');

// Lanes that are servers, in the order in which they came.
export function serversOf(run) {
  const names = (run.backends ?? []).map(backend => backend.name);
  for (const step of run.timeline ?? [])
    for (const lane of [step.from, step.to])
      if (
        lane &&
        lane !== 'proxy' &&
        !isClient(lane) &&
        !/\.log$|^event$/.test(lane) &&
        !names.includes(lane)
      )
        names.push(lane);
  return names;
}

// Servers that only other servers ask: name → who asks.
export function askersOf(run) {
  const askers = new Map();
  const asked = new Set();
  for (const { from, to } of run.timeline ?? []) {
    if (from === 'proxy') asked.add(to);
    else if (to === 'proxy') asked.add(from);
    else if (from !== to && !isClient(from) && !askers.has(to)) askers.set(to, from);
  }
  for (const name of [...askers.keys()]) if (asked.has(name) || isClient(name)) askers.delete(name);
  return askers;
}

function eventOf(scene, step) {
  const server = [...scene.servers.values()].find(one => step.what.includes(one.name));
  if (!server) return;
  if (BREAKS.test(step.what) || / gets /.test(step.what)) {
    server.health = 'broken';
    server.words = /crashes|killed/.test(step.what) ? 'process gone' : 'breaks';
  } else if (HEALS.test(step.what)) {
    heal(server);
  }
}

// Broken is one whose last request went wrong: a fault may be over after some of them.
function serverOf(scene, server, step) {
  const fault = FAULT.exec(step.what);
  if (fault || /process gone/.test(step.what)) {
    const over = server.passes && ['fin', 'rst'].includes(step.kind);
    Object.assign(server, { health: over ? 'healthy' : 'broken', faulted: true });
    server.words = step.what
      .replace(/^connection \d+: /, '')
      .replace(FAULT, '')
      .trim();
  } else if (/^starts again/.test(step.what)) {
    heal(server);
  } else if (/^reads request/.test(step.what)) {
    server.faulted = false;
  } else if (/^executes request/.test(step.what) && server.health !== 'broken') {
    server.words = 'works on a request';
  } else if (/^sends response/.test(step.what) && (!server.faulted || server.passes)) {
    Object.assign(server, { health: 'healthy', words: '' });
  }
}

// nginx leaves a server out for a while and says so in error.log.
function logOf(scene, step) {
  if (!/temporarily disabled/.test(step.what)) return;
  const server = scene.servers.get(UPSTREAM.exec(step.what)?.[1]);
  if (server) server.disabledUntil = step.at + server.failTimeout;
}

const LINKS = {
  connect: 'connecting',
  connected: 'open',
  accept: 'open',
  request: 'waiting',
  response: 'answering',
  data: 'answering',
  fin: 'closed',
  rst: 'reset',
  drop: 'silent',
};

function proxyOf(scene, step) {
  if (/^sees that the client has left/.test(step.what)) {
    for (const server of scene.servers.values())
      if (server.link === 'waiting') server.link = 'closed';
    return;
  }
  const server =
    scene.servers.get(step.to) ??
    scene.servers.get(step.from) ??
    [...scene.servers.values()].find(one => step.what.includes(` ${one.name}`));
  if (!server) return;
  const link = /^gives up on/.test(step.what)
    ? 'given up'
    : /^has done with/.test(step.what)
      ? 'answered'
      : LINKS[step.kind];
  if (!link || link === server.link) return;
  if (link === 'connecting') delete server.disabledUntil;
  server.link = link;
  server.since = step.at;
}

// Several clients share a box: how many of them wait, since when the longest, what the latest got.
function clientOf(scene, step) {
  const { client } = scene;
  const words = step.what.replace(/,.*/, '');
  if (/^sends /.test(step.what))
    client.waiting.set(step.who, { since: step.at, what: words.replace(/^sends /, '') });
  else if (/^(receives|leaves|presses reload|stops after|cannot connect)/.test(step.what))
    client.waiting.delete(step.who);
  else return;
  if (/^receives/.test(step.what)) client.words = words.replace(/^receives/, 'got');
  else if (!/^sends/.test(step.what)) client.words = /^leaves/.test(step.what) ? 'has left' : words;
}

function moved(scene, step) {
  if (
    !step.from ||
    !step.to ||
    step.from === step.to ||
    ['log', 'note', 'event'].includes(step.kind)
  )
    return;
  scene.moving = {
    from: isClient(step.from) ? 'client' : step.from,
    to: isClient(step.to) ? 'client' : step.to,
    kind: step.kind,
  };
}

function knownOf(run, name) {
  const backend = run.backends?.find(one => one.name === name);
  return {
    name,
    failTimeout: backend?.fail_timeout ?? FAIL_TIMEOUT,
    passes: backend?.faults_pass ?? false,
  };
}

// The scene after the first `count` steps, at `time` (seconds on the scenario's clock).
export function sceneAt(run, count, time) {
  const scene = {
    client: { waiting: new Map(), words: '' },
    servers: new Map(serversOf(run).map(name => [name, newServer(knownOf(run, name))])),
    moving: null,
    time,
  };
  for (const step of (run.timeline ?? []).slice(0, count)) {
    scene.moving = null;
    if (step.who === 'event') eventOf(scene, step);
    else if (step.who === 'error.log') logOf(scene, step);
    else if (step.who === 'proxy') proxyOf(scene, step);
    else if (isClient(step.who)) clientOf(scene, step);
    else if (scene.servers.has(step.who)) serverOf(scene, scene.servers.get(step.who), step);
    moved(scene, step);
  }
  for (const server of scene.servers.values()) {
    server.disabled = server.disabledUntil > time;
    server.left = server.disabled ? server.disabledUntil - time : 0;
  }
  return scene;
}
