// A lesson's steps, which tick themselves, with hints on demand.
import { announce, make } from './dom.js';

export class Checklist {
  // `shown`: the ids of the steps whose hint is open; `open(id)` when one more is.
  constructor(steps, shown, open) {
    this.steps = steps;
    this.rows = new Map(steps.map(step => [step.id, this.rowOf(step, shown, open)]));
    this.count = make('p', { class: 'count', id: 'steps-count' });
    this.element = make(
      'ol',
      { class: 'steps', 'aria-describedby': 'steps-count' },
      ...[...this.rows.values()].map(row => row.element),
    );
  }

  rowOf(step, shown, open) {
    const mark = make('span', { class: 'mark', 'aria-hidden': 'true' });
    const state = make('span', { class: 'unseen' });
    const hint = make('p', { class: 'hint', hidden: !shown.includes(step.id) }, step.hint);
    const button = step.hint
      ? make(
          'button',
          { type: 'button', class: 'quiet', 'aria-expanded': String(!hint.hidden) },
          'Hint',
          make('span', { class: 'unseen' }, ` for: ${step.text}`),
        )
      : null;
    button?.addEventListener('click', () => {
      hint.hidden = !hint.hidden;
      button.setAttribute('aria-expanded', String(!hint.hidden));
      if (!hint.hidden) open(step.id);
    });
    return {
      element: make(
        'li',
        { 'data-step': step.id },
        mark,
        make('div', {}, state, step.text, ' ', button, hint),
      ),
      mark,
      state,
      button,
    };
  }

  // Ticks those of `done`, and says which are new.
  show(done, saying) {
    const news = [];
    let current = null;
    for (const step of this.steps) {
      const row = this.rows.get(step.id);
      const ticked = done.includes(step.id);
      if (ticked && !row.element.classList.contains('done')) news.push(step.text);
      if (!ticked) current ??= row.element;
      row.element.classList.toggle('done', ticked);
      row.mark.textContent = ticked ? '✓' : '';
      row.state.textContent = ticked ? 'Done: ' : 'To do: ';
      row.element.removeAttribute('aria-current');
    }
    current?.setAttribute('aria-current', 'step');
    this.count.textContent = `${done.length} of ${this.steps.length} done`;
    if (saying && news.length) announce(`Done: ${news.join(' ')} ${this.count.textContent}.`);
  }
}
