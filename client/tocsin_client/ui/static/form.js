// Steps 1 and 2: the fields of the form, the tree of risks, the scale of severity, and what is wrong with them.

import { at, fill, h, say, show, shown } from "./dom.js";

const NAMES = [
  "record_type", "title", "summary", "language", "year", "part", "region", "sector", "system_class", "ai_contribution",
  "ai_role", "evidence_class", "reference", "primary_category",
];
const boxes = () => [...document.querySelectorAll("#risk-tree input")];
const radios = (name) => [...document.querySelectorAll(`input[name=${name}]`)];

export function collect() {
  const form = {};
  for (const name of NAMES) form[name] = at(`f-${name}`).value;
  for (const name of ["actual", "potential"]) form[name] = radios(name).find((box) => box.checked)?.value ?? "";
  form.risk_tags = boxes().filter((box) => box.checked).map((box) => box.value);
  if (at("primary-row").hidden) form.primary_category = "";
  if (at("reference-row").hidden) form.reference = "";
  return form;
}

export function put(form) {
  for (const name of NAMES) {
    const field = at(`f-${name}`);
    // A value from a file that the list does not hold stays chosen, and the check says what is wrong with it.
    if (field.tagName === "SELECT" && form[name] && ![...field.options].some((option) => option.value === form[name])) {
      field.append(h("option", { value: form[name] }, form[name].slice(0, 80)));
    }
    field.value = form[name];
  }
  for (const name of ["actual", "potential"]) {
    for (const box of radios(name)) box.checked = box.value === form[name];
  }
  const chosen = new Set(form.risk_tags);
  for (const box of boxes()) box.checked = chosen.has(box.value);
  for (const part of document.querySelectorAll("#risk-tree details")) part.open = Boolean(part.querySelector(":checked"));
  refresh();
  at("f-primary_category").value = form.primary_category;
}

// What follows from what was typed: counters, chips, which rows are there.
export function refresh() {
  for (const field of document.querySelectorAll("[data-most]")) {
    const most = Number(field.dataset.most);
    const length = [...field.value.trim()].length;
    const count = at(`c-${field.name}`);
    count.textContent = `${length} / ${most}`;
    count.classList.toggle("over", length > most && at("f-evidence_class").value !== "public-source");
  }
  show(at("reference-row"), at("f-evidence_class").value === "public-source" || at("f-reference").value !== "");
  const chosen = boxes().filter((box) => box.checked);
  at("risk-count").textContent = say("risk_tags.chosen", { count: chosen.length });
  fill(at("risk-chosen"), chosen.map(chip));
  for (const part of document.querySelectorAll("#risk-tree details")) {
    const count = part.querySelectorAll(":checked").length;
    part.querySelector(".n").textContent = count ? String(count) : "";
  }
  const within = new Set(chosen.map((box) => box.dataset.category));
  const primary = at("f-primary_category");
  show(at("primary-row"), within.size > 1);
  for (const option of primary.options) option.hidden = option.disabled = option.value !== "" && !within.has(option.value);
  if (primary.value && !within.has(primary.value)) primary.value = "";
}

function chip(box) {
  const name = box.parentElement.querySelector(".words").firstChild.textContent.trim();
  const drop = () => {
    box.checked = false;
    refresh();
    at("risk-search").focus();
  };
  return h("li", {}, h("button", { type: "button", class: "chip", onclick: drop, "aria-label": `${name} ×` }, name, h("span", { "aria-hidden": "true" }, "×")));
}

function search() {
  const asked = at("risk-search").value.trim().toLowerCase();
  let found = 0;
  for (const label of document.querySelectorAll("#risk-tree label")) {
    const fits = label.dataset.find.includes(asked);
    show(label, fits);
    found += fits ? 1 : 0;
  }
  for (const part of document.querySelectorAll("#risk-tree details")) {
    const fits = Boolean(part.querySelector("label:not([hidden])"));
    show(part, fits);
    part.open = asked ? fits : Boolean(part.querySelector(":checked"));
  }
  for (const layer of document.querySelectorAll("#risk-tree .layer")) show(layer, Boolean(layer.querySelector("details:not([hidden])")));
  at("risk-count").textContent = found ? say("risk_tags.chosen", { count: boxes().filter((box) => box.checked).length }) : say("risk_tags.none");
}

export function listen(changed) {
  for (const step of [1, 2]) {
    at(`form-${step}`).addEventListener("input", (event) => {
      if (event.target.id === "risk-search" || event.target.id === "harm" || event.target.type === "file") return;
      const name = event.target.name;
      event.target.removeAttribute("aria-invalid");
      const beside = at(`e-${name === "potential" ? "actual" : name === "part" ? "year" : name}`);
      if (beside) show(beside, false);
      refresh();
      changed();
    });
  }
  at("risk-search").addEventListener("input", search);
  at("risk-search").addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
  at("harm").addEventListener("input", () => {
    for (const example of document.querySelectorAll(".example")) show(example, example.dataset.harm === at("harm").value);
  });
}

// --- what is wrong -----------------------------------------------------------------------------------------------------
export function clearErrors() {
  show(at("errors"), false);
  for (const place of document.querySelectorAll(".wrong")) show(place, false);
  for (const field of document.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
}

// A summary at the top whose lines lead to the fields, and the same words beside each field.
export function tellErrors(problems, hint = "") {
  clearErrors();
  if (!problems.length) return;
  const lines = problems.map(({ field, text }) => {
    const target = field ? at(`f-${field}`) : null;
    if (!target) return h("li", {}, shown(text));
    const beside = at(`e-${field}`);
    if (beside) {
      beside.textContent = text;
      show(beside, true);
    }
    target.setAttribute("aria-invalid", "true");
    const go = (event) => {
      event.preventDefault();
      target.scrollIntoView({ block: "center" });
      target.focus({ preventScroll: true });
    };
    return h("li", {}, h("a", { href: `#f-${field}`, onclick: go }, shown(text)));
  });
  fill(at("errors-list"), lines, hint ? h("li", { class: "mut" }, `${say("errors.hint")}: `, shown(hint)) : null);
  show(at("errors"), true);
  at("errors").focus();
  at("errors").scrollIntoView({ block: "start" });
}
