// The order of the five steps, and what the buttons do. The server keeps the state; this page shows it.

import { at, download, learn, say, show, shown, fill } from "./dom.js";
import * as form from "./form.js";
import * as paper from "./receipt.js";
import * as review from "./review.js";
import * as wire from "./wire.js";

let state = null;
let step = 1;
let reached = 1;
let keeping = null;

function stop(which) {
  clearTimeout(keeping);
  wire.forget();
  for (const id of ["steps", "way", "end", "errors", "notice", "amending"]) show(at(id), false);
  show(at(`at-${which}`), true);
  at(`at-${which}`).querySelector("h1").focus();
}

// One call, with everything that can go wrong said on the page; null if it did.
async function ask(name, given = {}, fields = {}) {
  show(at("working"), true);
  document.body.setAttribute("aria-busy", "true");
  try {
    return await wire.call(name, given);
  } catch (error) {
    if (error instanceof wire.Stopped) stop(error.message);
    else if (error instanceof wire.Problem) {
      await locked(error);
      form.tellErrors([{ field: fields[error.code] ?? "", text: `${error.message}${error.where ? ` (${error.where})` : ""} [${error.code}]` }], error.hint);
      return { failed: error };
    } else throw error;
    return null;
  } finally {
    show(at("working"), false);
    document.body.removeAttribute("aria-busy");
  }
}

async function locked(error) {
  if (error.code !== "key-locked" && error.code !== "passphrase-needed") return;
  state.asksPassphrase = true;
  secrets();
}

const good = (answer) => answer && !answer.failed;

function secrets() {
  show(at("passphrase-row"), state.asksPassphrase);
}

// --- steps ---------------------------------------------------------------------------------------------------------------
function go(to, { focus = true } = {}) {
  step = to;
  reached = to === 5 ? 5 : Math.max(reached, to);
  form.clearErrors();
  for (let n = 1; n <= 5; n++) show(at(`step-${n}`), n === step);
  for (const button of document.querySelectorAll("[data-step]")) {
    const n = Number(button.dataset.step);
    button.disabled = step === 5 ? n !== 5 : n > reached || n === 5;
    if (n === step) button.setAttribute("aria-current", "step");
    else button.removeAttribute("aria-current");
    button.classList.toggle("past", n < step);
  }
  document.title = `${say(`step.${step}`)} · ${say("brand")}`;
  if (focus) {
    at(`step-${step}-h`).focus({ preventScroll: true });
    scrollTo(0, 0);
  }
}

function tell(words) {
  at("notice").textContent = words;
  show(at("notice"), Boolean(words));
}

function later() {
  clearTimeout(keeping);
  reached = Math.min(reached, 3);
  keeping = setTimeout(() => wire.call("keep", { form: form.collect() }).catch((error) => error instanceof wire.Stopped && stop(error.message)), 1500);
}

async function check(n) {
  const answer = await ask("check", { form: form.collect(), step: n });
  if (!good(answer)) return false;
  form.tellErrors(answer.problems);
  return answer.problems.length === 0;
}

async function look(mode) {
  const answer = await ask("review", { form: form.collect(), ...(mode ? { mode } : {}) });
  if (!good(answer)) return null;
  if (answer.problems) {
    const first = answer.problems[0].field;
    go(!first || document.querySelector(`#form-2 #f-${first}`) ? 2 : 1);
    form.tellErrors(answer.problems);
    return null;
  }
  await review.render(answer);
  return answer;
}

async function leave(to) {
  tell("");
  if (to <= 2 && step >= to) return go(to);
  if (step === 1 && state.kind === "incident" && !(await check(1))) return undefined;
  if (to === 2) return go(2);
  if (step <= 2 && !(await look())) return undefined;
  if (to === 3) return go(3);
  await review.send();
  const seen = review.reviewed();
  if (seen.blocked) return form.tellErrors([{ field: "", text: say("decide.blocked") }]);
  if (seen.open) {
    go(3);
    return form.tellErrors([{ field: "", text: say("problem.undecided", { count: seen.open }) }]);
  }
  seal(seen);
  return go(4);
}

function seal(seen) {
  at("sign-count").textContent = say("bytes.count", { count: seen.count });
  at("sign-sha").textContent = seen.sha256;
  at(`mode-${seen.mode}`).checked = true;
  at("f-agreed").checked = false;
}

async function remode(event) {
  const before = review.reviewed();
  const answer = await look(event.target.value);
  if (!answer) {
    at(`mode-${before.mode}`).checked = true;
    return;
  }
  at("f-agreed").checked = false;
  if (answer.changed || answer.preview.open) {
    go(3);
    tell(say("mode.changed"));
  } else seal(answer.preview);
}

// --- signing -------------------------------------------------------------------------------------------------------------
async function sign() {
  const wanted = [];
  const by = at("f-by").value.trim();
  const passphrase = at("f-passphrase").value;
  if (!by) wanted.push({ field: "by", text: say("problem.by") });
  if (state.asksPassphrase && !passphrase) wanted.push({ field: "passphrase", text: say("problem.passphrase") });
  if (!at("f-agreed").checked) wanted.push({ field: "agreed", text: say("problem.agreed") });
  if (wanted.length) return form.tellErrors(wanted);
  const seen = review.reviewed();
  at("sign").disabled = true;
  const given = { sha256: seen.sha256, mode: seen.mode, by, agreed: true, passphrase, again: at("f-again").checked };
  const answer = await ask("sign", given, { "key-locked": "passphrase", "passphrase-needed": "passphrase" });
  at("sign").disabled = false;
  at("f-passphrase").value = "";
  if (answer?.failed?.code === "already-sent") show(at("again-row"), true);
  if (good(answer)) {
    state.asksPassphrase = false;
    secrets();
    received(answer);
  }
  return undefined;
}

function received(answer) {
  Object.assign(state, { mine: answer.mine, waiting: answer.waiting ?? 0 });
  if (answer.receipt) paper.renderReceipt(answer.receipt, does);
  else paper.renderWaiting(does);
  paper.renderMine(state, does);
  tell("");
  show(at("amending"), false);
  go(5);
}

const does = {
  save: async (record) => {
    const answer = await ask("receipt", { record });
    if (good(answer)) download(answer.name, answer.text, "application/json");
  },
  amend: async (record) => {
    const answer = await ask("amend", { record });
    if (good(answer)) begin(answer);
  },
  another: async (discard) => {
    const answer = await ask("anew", { discard: discard === true });
    if (good(answer)) begin(answer);
  },
  resend: async () => {
    const answer = await ask("resend");
    if (good(answer) && (answer.receipt || answer.waiting)) received(answer);
    else if (good(answer)) does.another();
  },
  withdraw: (record, title) =>
    paper.askWithdrawal(title || state.mine.find((row) => row.record === record)?.title || "", () => state.asksPassphrase, async (reason, passphrase) => {
      const answer = await ask("withdraw", { record, reason, passphrase });
      if (good(answer)) received(answer);
      return answer?.failed?.message ?? "";
    }),
};

// --- draft ---------------------------------------------------------------------------------------------------------------
function drawn(answer) {
  Object.assign(state, { kind: answer.kind, beside: answer.beside });
  const incident = answer.kind === "incident";
  form.put(answer.form);
  for (const id of ["incident-1", "incident-2"]) show(at(id), incident);
  fill(at("beside-other"), say("draft.other", { kind: answer.kind }));
  show(at("beside-other"), !incident);
  fill(at("beside-fields"), shown(say("draft.beside", { names: answer.beside.join(", ") })));
  show(at("beside-fields"), incident && answer.beside.length > 0);
}

function begin(answer) {
  state = answer;
  learn(answer.words);
  drawn(answer);
  secrets();
  const bound = Boolean(answer.amending);
  fill(at("amending"), shown(say("amending", { title: answer.amending })));
  show(at("amending"), bound);
  show(at("mode-fixed"), bound);
  for (const name of ["pseudonymous", "attributed"]) at(`mode-${name}`).disabled = bound;
  for (const item of document.querySelectorAll("[data-say]")) item.textContent = say(item.dataset.say, { org: answer.org });
  at("f-again").checked = false;
  show(at("again-row"), false);
  paper.renderMine(answer, does);
  reached = 1;
  tell("");
  go(1);
}

async function load(event) {
  const [file] = event.target.files;
  event.target.value = "";
  if (!file) return;
  if (file.size > 1000000) {
    form.tellErrors([{ field: "", text: say("draft.large") }]);
    return;
  }
  const answer = await ask("load", { text: await file.text() });
  if (!good(answer)) return;
  drawn(answer);
  reached = 1;
  go(1);
  tell(say("draft.loaded"));
}

function buttons() {
  for (const n of [1, 2, 3]) {
    at(`form-${n}`).addEventListener("submit", (event) => {
      event.preventDefault();
      leave(n + 1);
    });
  }
  at("form-4").addEventListener("submit", (event) => {
    event.preventDefault();
    sign();
  });
  for (const id of ["form-5", "withdraw-form"]) at(id).addEventListener("submit", (event) => event.preventDefault());
  for (const n of [2, 3, 4]) at(`back-${n}`).addEventListener("click", () => (n > 3 ? go(3) : go(n - 1)));
  for (const button of document.querySelectorAll("[data-step]")) button.addEventListener("click", () => leave(Number(button.dataset.step)));
  for (const name of ["pseudonymous", "attributed"]) at(`mode-${name}`).addEventListener("change", remode);
  at("load").addEventListener("change", load);
  at("save").addEventListener("click", async () => {
    const answer = await ask("file", { form: form.collect() });
    if (good(answer)) download(answer.name, answer.text, "application/yaml");
  });
  at("anew").addEventListener("click", async () => {
    if (confirm(say("draft.new-ask"))) does.another(true);
  });
  at("end").addEventListener("click", async () => {
    if (step < 5) await ask("keep", { form: form.collect() });
    await ask("end");
    stop("ended");
  });
  at("other").addEventListener("click", async (event) => {
    event.preventDefault();
    if (state && step < 5) await ask("keep", { form: form.collect() });
    location.assign(event.target.getAttribute("href"));
  });
}

async function start() {
  try {
    await wire.open();
    const answer = await wire.call("state");
    form.listen(later);
    review.listen(async (given) => {
      const said = await ask("decide", given);
      if (good(said) && !said.preview.open) form.clearErrors();
      return good(said) ? said : null;
    });
    buttons();
    begin(answer);
    if (answer.receipt) received({ receipt: answer.receipt, mine: answer.mine, waiting: answer.waiting });
    for (const id of ["steps", "way", "end"]) show(at(id), true);
    go(step, { focus: false });
  } catch (error) {
    if (!(error instanceof wire.Stopped)) throw error;
    stop(error.message);
  }
}

start();
