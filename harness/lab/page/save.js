// Takes something home: a file to download, or text to copy.
import { announce, make } from './dom.js';

export function download(name, text) {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/plain;charset=utf-8' }));
  const link = make('a', { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = 'Copied';
    announce('Copied');
  } catch {
    button.textContent = 'Select and copy it by hand';
  }
}

// Text in a frame of its own, to be copied or saved: commands for a shell.
export function showText(title, text, fileName) {
  const button = make('button', { type: 'button', onclick: () => copy(text, button) }, 'Copy');
  const dialog = make(
    'dialog',
    { 'aria-labelledby': 'dialog-title' },
    make('h2', { id: 'dialog-title' }, title),
    make('pre', { tabindex: 0 }, text),
    make(
      'p',
      { class: 'buttons' },
      button,
      make('button', { type: 'button', onclick: () => download(fileName, text) }, 'Save as file'),
      make('button', { type: 'button', onclick: () => dialog.close() }, 'Close'),
    ),
  );
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

// Commands that send the requests of a saved file. `sends`: how many a learner has sent; `later`:
// something was done after the first of them, which `badgate serve` does not do.
export function curlText(file, commands, { sends = 0, later = false } = {}) {
  if (commands.length === 0) return '# Send a request first.';
  return [
    `# First save this as ${file}, and put it up in another terminal:`,
    `#   badgate serve ${file}`,
    ...(later
      ? [
          '# There each request meets the beginning of the story: what was broken, healed or waited',
          '# for after a request does not happen. POST /api/stages and …/faults of this lab do that.',
        ]
      : []),
    ...(sends > commands.length
      ? [`# One line stands for what was sent alike in a row: ${sends} requests in all.`]
      : []),
    ...commands,
  ].join('\n');
}
