// Step 3: the text with its marked places, the decisions beside it, who will read it, and the exact bytes.

import { at, fill, h, say, show, shown } from "./dom.js";

let last = null; // the answer of the server that is on the screen
let ask = null; // sends decisions; set by listen()
let waiting = null;
let latest = 0; // so that a late answer to an early question is not shown

export const reviewed = () => last?.preview ?? null;

export function listen(decide) {
  ask = decide;
  for (const who of ["regulators", "public"]) at(`may-${who}`).addEventListener("change", () => send());
}

export async function render(answer, { keepFocus = false } = {}) {
  const focused = keepFocus ? document.activeElement?.id : "";
  last = answer;
  const { preview } = answer;
  const spans = Object.fromEntries(preview.spans.map((span) => [span.id, span]));
  fill(at("texts"), preview.texts.map((text) => passage(text, spans)));
  if (!keepFocus) fill(at("spans"), decisions(preview));
  tally(preview);
  fill(
    at("coarsened"),
    preview.coarsened.length
      ? preview.coarsened.map((one) => h("li", {}, `${one.where}: `, h("del", {}, shown(one.before)), " → ", h("ins", {}, shown(one.after))))
      : h("li", { class: "mut" }, say("coarsened.none")),
  );
  readers(answer);
  fill(at("crowd"), preview.crowd.text.map((line, index) => h("p", { class: preview.crowd.small && index === preview.crowd.text.length - 1 ? "note warn" : "" }, line)));
  fill(at("facts"), preview.facts.map(([path, value]) => [h("dt", {}, shown(path)), h("dd", {}, shown(value))]));
  await bytes(preview);
  if (focused) at(focused)?.focus();
}

function passage({ where, pieces }, spans) {
  const parts = pieces.map((piece) => {
    if (typeof piece === "string") return shown(piece);
    const span = spans[piece.span];
    const number = h("a", { href: `#d-${span.id}`, class: "ref", onclick: (event) => reach(event, span.id), "aria-label": `${span.id}: ${span.class}` }, span.id.slice(1));
    if (span.action === "replace") return [h("del", {}, shown(span.text)), h("ins", {}, shown(span.proposal)), number];
    if (span.action === "drop") return [h("del", {}, shown(span.text)), number];
    return [h("mark", { class: span.blocks ? "hard" : "" }, shown(span.text)), number];
  });
  return h("div", { class: "passage" }, h("h3", {}, shown(where)), h("p", {}, parts));
}

function reach(event, id) {
  event.preventDefault();
  at(`d-${id}`)?.querySelector("input")?.focus();
}

function decisions(preview) {
  if (!preview.spans.length) return h("p", {}, say("decide.none"));
  return [h("p", { id: "tally", role: "status", class: "tally" }), ...preview.spans.map(card)];
}

function card(span) {
  const head = h("legend", {}, h("span", { class: "ref" }, span.id.slice(1)), ` ${span.where} · ${span.class}`);
  const quote = h("p", { class: "quote" }, shown(span.text));
  if (span.blocks === "dictionary") return h("fieldset", { class: "card hard", id: `d-${span.id}` }, head, quote, h("p", {}, say("decide.blocked")));
  const choices = ["replace", "drop", ...(span.blocks ? [] : ["keep"])];
  const reason = h("input", { type: "text", id: `why-${span.id}`, value: span.reason, maxlength: "500", oninput: () => later() });
  const why = h("div", { class: "why", hidden: span.action !== "keep" }, h("label", { for: `why-${span.id}`, class: "sub" }, say("decide.reason")), reason);
  const rows = choices.map((action) => {
    const chosen = () => {
      show(why, action === "keep");
      if (action === "keep") reason.focus();
      send();
    };
    const box = h("input", { type: "radio", name: `d-${span.id}`, id: `${action}-${span.id}`, value: action, checked: span.action === action, onchange: chosen });
    return h("label", { class: "box", for: `${action}-${span.id}` }, box, h("span", { class: "words" }, say(`decide.${action}`, { proposal: span.proposal })));
  });
  return h("fieldset", { class: "card", id: `d-${span.id}` }, head, quote, rows, span.blocks ? h("p", { class: "hint" }, say("decide.rule")) : null, why);
}

function tally(preview) {
  const line = at("tally");
  if (!line) return;
  line.textContent = preview.open ? say("decide.left", { count: preview.open }) : say("decide.done");
  line.classList.toggle("done", !preview.open);
}

function readers({ preview, fixed, chosen }) {
  show(at("may"), preview.askable);
  at("may-regulators").checked = fixed.regulators || fixed.everybody || chosen.regulators || chosen.everybody;
  at("may-regulators").disabled = fixed.regulators || fixed.everybody || chosen.everybody;
  at("may-public").checked = fixed.everybody || chosen.everybody;
  at("may-public").disabled = fixed.everybody;
  fill(
    at("readers"),
    preview.readers.map((one) =>
      h("tr", {}, h("th", { scope: "row" }, one.who), h("td", { class: one.may ? "may" : "may-not" }, say(one.may ? "yes" : "no"), one.condition ? h("span", { class: "mut" }, ` (${one.condition})`) : null)),
    ),
  );
}

// The bytes as the server will sign them; the page computes their digest for itself.
async function bytes(preview) {
  at("bytes-count").textContent = say("bytes.count", { count: preview.count });
  at("sha256").textContent = preview.sha256;
  fill(at("bytes"), shown(preview.bytes));
  at("beside").textContent = preview.beside;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(preview.bytes));
  const hex = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const same = hex === preview.sha256;
  at("sha-again").textContent = say(same ? "bytes.same" : "bytes.differ");
  at("sha-again").className = same ? "sm good" : "sm bad";
}

function gathered() {
  const made = {};
  for (const span of last.preview.spans) {
    const action = document.querySelector(`input[name="d-${span.id}"]:checked`)?.value;
    if (action) made[span.id] = [action, at(`why-${span.id}`).value];
  }
  const everybody = at("may-public").checked && !last.fixed.everybody;
  const regulators = at("may-regulators").checked && !at("may-regulators").disabled;
  return { decisions: made, regulators: regulators || (everybody && last.chosen.regulators), everybody };
}

function later() {
  clearTimeout(waiting);
  waiting = setTimeout(send, 400);
}

// Send what is decided and show what follows from it.
export async function send() {
  clearTimeout(waiting);
  const mine = ++latest;
  const answer = await ask(gathered());
  if (answer && mine === latest) await render(answer, { keepFocus: true });
}
