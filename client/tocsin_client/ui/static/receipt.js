// Step 5 and the list of own records: what was shown to be true, where it is kept, how to change or withdraw it.

import { at, fill, h, say, show, shown } from "./dom.js";

// `does` holds what the buttons do: save, amend, withdraw, another, resend.
export function renderReceipt(got, does) {
  const head = { amend: "receipt.amend", withdraw: "receipt.withdraw" }[got.kind] ?? "receipt.ok";
  const facts = [
    ["receipt.index", say("receipt.index.of", { index: got.index, size: got.size })],
    ["receipt.origin", got.origin],
    ["receipt.mode", say(`mode.${got.mode}`)],
    ["receipt.digest", got.digest],
    ["receipt.path", got.path],
  ];
  const gone = got.kind === "withdraw";
  fill(
    at("receipt"),
    h(
      "section",
      { class: "side proof" },
      h("h2", {}, h("span", { "aria-hidden": "true" }, "✓ "), say(head)),
      h("dl", { class: "facts" }, facts.map(([key, value]) => [h("dt", {}, say(key)), h("dd", { class: key === "receipt.digest" ? "mono" : "" }, shown(value))])),
      h("div", { class: "acts" }, h("button", { type: "button", class: "btn pri", id: "receipt-save", onclick: () => does.save(got.thread) }, say("receipt.save"))),
    ),
    h("section", { class: "blk" }, h("h2", {}, say("receipt.says")), h("ul", { class: "says" }, got.says.map((line) => h("li", {}, shown(line))))),
    h(
      "section",
      { class: "blk" },
      h("h2", {}, say("receipt.next")),
      gone ? null : h("p", { class: "prose" }, say("receipt.next.why")),
      h(
        "div",
        { class: "acts" },
        gone ? null : h("button", { type: "button", class: "btn", id: "receipt-amend", onclick: () => does.amend(got.thread) }, say("receipt.change")),
        gone ? null : h("button", { type: "button", class: "btn", id: "receipt-withdraw", onclick: () => does.withdraw(got.thread, "") }, say("withdraw")),
        h("button", { type: "button", class: "btn", id: "receipt-another", onclick: does.another }, say("receipt.another")),
      ),
    ),
  );
}

export function renderWaiting(does) {
  fill(
    at("receipt"),
    h("section", { class: "side wait" }, h("h2", {}, say("receipt.wait")), h("p", { class: "prose" }, say("receipt.wait.why")), h("div", { class: "acts" }, resend(does))),
  );
}

const resend = (does) => h("button", { type: "button", class: "btn pri resend", onclick: does.resend }, say("receipt.resend"));

export function renderMine({ mine, waiting }, does) {
  const rows = mine.map((row) =>
    h(
      "li",
      {},
      h("p", {}, h("strong", {}, shown(row.title || row.kind))),
      h("p", { class: "sm mut" }, `${row.day} · ${row.kind} · ${row.stateName}`),
      row.state === "accepted"
        ? h(
            "p",
            { class: "links" },
            [["receipt.save", "save"], ["receipt.change", "amend"], ["withdraw", "withdraw"]].map(([key, name]) =>
              h("button", { type: "button", class: "link", onclick: () => does[name](row.record, row.title), "aria-label": `${say(key)}: ${row.title}` }, say(key)),
            ),
          )
        : null,
    ),
  );
  fill(at("mine"), waiting ? h("p", {}, resend(does)) : null, rows.length ? h("ul", { class: "mine" }, rows) : h("p", { class: "mut" }, say("mine.none")));
}

// Ask before a withdrawal; resolves with the reason and the passphrase, or with null.
export function askWithdrawal(title, asksPassphrase, take) {
  const box = at("withdraw-box");
  fill(at("withdraw-title"), shown(title));
  show(at("withdraw-secret"), asksPassphrase());
  show(at("e-reason"), false);
  at("withdraw-not").onclick = () => box.close();
  at("withdraw-sure").onclick = async () => {
    const wrong = await take(at("f-reason").value, at("withdraw-passphrase").value);
    at("withdraw-passphrase").value = "";
    if (!wrong) {
      box.close();
      return;
    }
    at("e-reason").textContent = wrong;
    show(at("e-reason"), true);
    show(at("withdraw-secret"), asksPassphrase());
  };
  box.showModal();
}
