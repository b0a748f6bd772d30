// The words of a row of the diagram, beside it while it is pointed at or has the focus.

import { element } from './elements.js';
import { moment } from './times.js';

const MARGIN = 6;

export function stepLine(step) {
  return element(
    'div',
    { class: 'step' },
    element('span', { class: 'time' }, `${moment(step.at)} s`),
    ' ',
    element('b', {}, step.who),
    ' ',
    element('span', { class: step.kind === 'log' ? 'line' : '' }, step.what),
  );
}

export class Tip {
  // Inside `frame`, which is positioned.
  constructor(frame) {
    this.frame = frame;
    this.tip = element('div', { class: 'sequence-tip', 'aria-hidden': 'true', hidden: true });
    frame.append(this.tip);
  }

  // Beside `hit`, the area of a row.
  show(hit, steps) {
    this.tip.replaceChildren(...steps.map(stepLine));
    this.tip.hidden = false;
    const frame = this.frame.getBoundingClientRect();
    const place = hit.getBoundingClientRect();
    const below = place.bottom - frame.top + MARGIN;
    const fits = place.bottom + MARGIN + this.tip.offsetHeight <= window.innerHeight;
    const above = place.top - frame.top - MARGIN - this.tip.offsetHeight;
    this.tip.style.top = `${fits || place.top < this.tip.offsetHeight ? below : above}px`;
  }

  hide() {
    this.tip.hidden = true;
  }
}
