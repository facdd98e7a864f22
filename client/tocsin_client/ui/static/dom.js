// Building the page from data. Text becomes text nodes and nothing else; the policy of the page forbids every other way.

let words = {};

export function learn(table) {
  words = table;
}

// The words of a key with its {values} filled in.
export function say(key, values = {}) {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

export const at = (id) => document.getElementById(id);

// An element: h("p", {class: "note", onclick: f}, "text", child, [more]). false and null are left out.
export function h(tag, attributes = {}, ...parts) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...parts.flat(3).filter((part) => part !== null && part !== undefined && part !== false));
  return made;
}

// Replace what an element holds.
export function fill(target, ...parts) {
  target.replaceChildren(...parts.flat(3).filter((part) => part !== null && part !== undefined && part !== false));
}

export function show(target, visible) {
  target.hidden = !visible;
}

// Characters that act on a reader's screen or that nobody sees; each is shown as a flag with its number.
const UNSEEN =
  /([\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb]|[\u{e0000}-\u{e0fff}])/u;

// A text of a draft or of a hub as nodes: isolated, so that it cannot turn the words beside it around.
export function shown(text) {
  const parts = String(text)
    .split(UNSEEN)
    .filter((part) => part !== "")
    .map((part) => {
      if (!UNSEEN.test(part)) return part;
      const number = part.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
      return h("span", { class: "flag" }, `U+${number}`);
    });
  return h("bdi", {}, parts);
}

// Give the reader a file; it is made in this tab and goes nowhere else.
export function download(name, text, type) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  h("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}
