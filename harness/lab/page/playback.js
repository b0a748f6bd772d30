// Shows a played timeline step by step: at once, or as slowly as it happened. The server has played it
// already, in no time; here it is only told, and the learner may skip what is left of a wait.
import { calm } from './dom.js';

// How a speed is told: "instant" gives each step a moment, so that the eye can follow.
export const SPEEDS = [
  { id: 'instant', label: 'Instant', what: 'waiting costs nothing' },
  { id: '10', label: '10×', what: 'a minute takes 6 s' },
  { id: '1', label: 'Real', what: 'a minute takes a minute' },
];

const MOMENT = 90; // ms for a step, when all is told at once
const MOST = 1600; // ms for all of them then
const LEAST = 160; // ms between two steps of one instant, at a speed

export class Playback {
  // `shown({steps, time, next, running})` is called on each change: how many steps of the timeline
  // have been told, the time on the scenario's clock, when the next one comes (undefined: none).
  constructor(shown) {
    this.shown = shown;
    this.frame = 0;
    this.set([], 0);
  }

  // Everything is there at once.
  set(timeline, end) {
    this.stop();
    this.timeline = timeline;
    this.end = end;
    this.steps = timeline.length;
    this.time = end;
    this.shown(this.state());
  }

  // Tells what comes after the first `from` steps, beginning at `time`.
  tell(timeline, end, from, time, speed) {
    this.stop();
    Object.assign(this, { timeline, end, steps: Math.min(from, timeline.length), time });
    if (calm() && speed === 'instant') return this.set(timeline, end);
    this.speed = speed;
    this.running = true;
    const left = timeline.length - this.steps;
    this.least = speed === 'instant' ? Math.min(MOMENT, MOST / Math.max(left, 1)) : LEAST;
    this.last = performance.now();
    this.due = this.last + this.least;
    this.advance(this.last);
  }

  state() {
    const next = this.steps < this.timeline.length ? this.timeline[this.steps].at : this.end;
    return {
      steps: this.steps,
      time: this.time,
      next: this.running ? next : undefined,
      running: !!this.running,
    };
  }

  stop() {
    cancelAnimationFrame(this.frame);
    this.running = false;
  }

  advance(now) {
    if (this.speed !== 'instant') this.time += ((now - this.last) / 1000) * Number(this.speed);
    this.last = now;
    while (this.steps < this.timeline.length && now >= this.due && this.ripe()) {
      this.time = Math.max(this.time, this.timeline[this.steps].at);
      if (this.speed !== 'instant') this.time = this.timeline[this.steps].at;
      ++this.steps;
      this.due = Math.max(this.due, now - this.least) + this.least;
    }
    if (this.steps < this.timeline.length)
      this.time = Math.min(this.time, this.timeline[this.steps].at);
    if (this.steps === this.timeline.length && (this.speed === 'instant' || this.time >= this.end))
      return this.finish();
    this.shown(this.state());
    this.frame = requestAnimationFrame(time => this.advance(time));
  }

  ripe() {
    return this.speed === 'instant' || this.time >= this.timeline[this.steps].at;
  }

  // To what happens next.
  skip() {
    if (!this.running) return;
    if (this.steps === this.timeline.length) return this.finish();
    this.time = this.timeline[this.steps].at;
    this.due = 0;
  }

  finish() {
    this.set(this.timeline, this.end);
  }
}
