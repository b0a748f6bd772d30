// A scenario file being written: line numbers, and mistakes shown at their place.
import { make } from './dom.js';

const PAUSE = 450; // ms without a key, after which the text is played

export class Editor {
  // `changed(text)` once the writer pauses.
  constructor(changed) {
    this.changed = changed;
    this.numbers = make('pre', { class: 'numbers', 'aria-hidden': 'true' });
    this.under = make('pre', { class: 'under', 'aria-hidden': 'true' });
    this.area = make('textarea', {
      id: 'toml',
      spellcheck: 'false',
      autocapitalize: 'off',
      autocomplete: 'off',
      wrap: 'off',
      rows: 24,
      'aria-describedby': 'mistakes',
    });
    this.mistakes = make('ul', { class: 'mistakes', id: 'mistakes' });
    this.element = make(
      'div',
      { class: 'editor' },
      make('label', { for: 'toml', class: 'unseen' }, 'The scenario file'),
      make(
        'div',
        { class: 'paper' },
        this.numbers,
        make('div', { class: 'sheet' }, this.under, this.area),
      ),
      this.mistakes,
    );
    this.area.addEventListener('input', () => this.edited());
    this.area.addEventListener('scroll', () => this.align());
    this.lines = 0;
  }

  get text() {
    return this.area.value;
  }

  // Replaces the text without a word to `changed`.
  set text(text) {
    clearTimeout(this.timer);
    this.area.value = text;
    this.show([]);
  }

  edited() {
    this.count([]);
    this.under.replaceChildren();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.changed(this.text), PAUSE);
  }

  count(marked) {
    const lines = this.text.split('\n').length;
    if (lines === this.lines && !marked.length && !this.marked?.length) return this.align();
    [this.lines, this.marked] = [lines, marked];
    const wrong = new Set(marked);
    this.numbers.replaceChildren(
      ...Array.from({ length: lines }, (_, i) =>
        make(
          'span',
          { class: wrong.has(i + 1) ? 'wrong' : '' },
          `${wrong.has(i + 1) ? '✕ ' : ''}${i + 1}\n`,
        ),
      ),
    );
    this.align();
  }

  align() {
    const { scrollTop, scrollLeft } = this.area;
    this.numbers.style.transform = `translateY(${-scrollTop}px)`;
    this.under.style.transform = `translate(${-scrollLeft}px, ${-scrollTop}px)`;
  }

  // Mistakes: {line, column, length, message, expected, suggestion, excerpt}, line 0 the whole file.
  show(mistakes) {
    this.count(mistakes.map(one => one.line));
    this.underline(mistakes);
    this.mistakes.replaceChildren(...mistakes.map(one => this.rowOf(one)));
    this.area.setAttribute('aria-invalid', String(mistakes.length > 0));
  }

  underline(mistakes) {
    const by = new Map(mistakes.filter(one => one.line > 0).map(one => [one.line, one]));
    this.under.replaceChildren(
      ...this.text.split('\n').flatMap((line, i) => {
        const one = by.get(i + 1);
        const [from, length] = one
          ? [Math.max(one.column - 1, 0), Math.max(one.length ?? 1, 1)]
          : [0, 0];
        return one
          ? [
              line.slice(0, from),
              make('mark', {}, line.slice(from, from + length) || ' '),
              `${line.slice(from + length)}\n`,
            ]
          : [`${line}\n`];
      }),
    );
  }

  rowOf({ line, column, length, message, expected, suggestion }) {
    const source = this.text.split('\n')[line - 1];
    const help = [expected && `expected: ${expected}`, suggestion && `did you mean ${suggestion}?`]
      .filter(Boolean)
      .join('; ');
    const caret = ' '.repeat(Math.max(column - 1, 0)) + '^'.repeat(Math.min(length ?? 1, 60));
    return make(
      'li',
      {},
      line
        ? make(
            'button',
            { type: 'button', class: 'quiet', onclick: () => this.go(line, column) },
            `Line ${line}, column ${column}`,
          )
        : null,
      ` ${message}`,
      help ? ` – ${help}` : null,
      source === undefined ? null : make('pre', {}, `${source}\n${caret}`),
    );
  }

  go(line, column) {
    const before = this.text
      .split('\n')
      .slice(0, line - 1)
      .join('\n').length;
    const at = before + (line > 1 ? 1 : 0) + Math.max(column - 1, 0);
    this.area.focus();
    this.area.setSelectionRange(at, at);
  }
}
