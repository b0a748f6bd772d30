// What the learner has done, kept in this browser alone (localStorage), so that a reload or a lost
// connection goes on where it was. A browser that keeps nothing still has it until the tab closes.

const PREFIX = 'badgate-lab/';
const here = new Map();

export function read(key, otherwise) {
  try {
    const text = localStorage.getItem(PREFIX + key) ?? here.get(key);
    return text ? { ...otherwise, ...JSON.parse(text) } : { ...otherwise };
  } catch {
    return { ...otherwise }; // written by something else, or not readable at all
  }
}

export function write(key, value) {
  const text = JSON.stringify(value);
  here.set(key, text);
  try {
    localStorage.setItem(PREFIX + key, text);
  } catch {
    // Full or forbidden: `here` has it.
  }
}

export function forget(key) {
  here.delete(key);
  try {
    localStorage.removeItem(PREFIX + key);
  } catch {
    // Forbidden: nothing was kept there.
  }
}
