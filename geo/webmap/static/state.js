// The state of the page: what is chosen, who wants to know when it changes, how a link keeps it.
//
// state.get(key) → value; state.set({ key: value, … }) tells everyone who listens to a key that
// really changed, once; state.when(["date", "colour"], act) listens. A key that was declared with
// `linked` stands behind the # of the address, so that a copied link opens the page as it was.

function makeState(values) {
  const now = { ...values };
  const listeners = [];
  const links = new Map();
  const state = {
    get: (key) => now[key],
    set(part) {
      const changed = Object.keys(part).filter((key) => !Object.is(now[key], part[key]));
      if (changed.length === 0) return;
      Object.assign(now, part);
      if (changed.some((key) => links.has(key))) remember(state.fragment());
      for (const { keys, act } of [...listeners]) {
        if (keys.some((key) => changed.includes(key))) act(now);
      }
    },
    when(keys, act) {
      listeners.push({ keys, act });
    },
    // write: value → text, or null for the ordinary one; read: text → value, undefined if bad.
    linked(key, { write = String, read = String } = {}) {
      links.set(key, { write, read, usual: now[key] });
      const text = remembered(key);
      const value = text === null ? undefined : read(text);
      if (value !== undefined) state.set({ [key]: value });
    },
    fragment() {
      const parts = new URLSearchParams();
      for (const [key, { write, usual }] of links) {
        const text = Object.is(now[key], usual) ? null : write(now[key]);
        if (text !== null && text !== undefined) parts.set(key, text);
      }
      return parts.toString();
    },
  };
  return state;
}

// What the address said at first: it is written anew before every key is declared.
const opened = new URLSearchParams(location.hash.slice(1));

function remembered(key) {
  return opened.get(key);
}

// Only a link that is pasted into the open page: what the page writes itself makes no such event.
addEventListener("hashchange", () => location.reload());

function remember(fragment) {
  try {
    history.replaceState(null, "", `#${fragment}`);
  } catch {
    // a frame inside a notebook has no address of its own
  }
}
