// Enhancement only: every page works with this file blocked. Nothing is loaded from another host.

// Filters: ask the same address, put its results in place, keep the address shareable. Without scripts the form submits.
for (const form of document.querySelectorAll("form[data-live]")) {
  form.addEventListener("change", async () => {
    const data = [...new FormData(form)].filter(([, value]) => value !== "");
    const url = new URL(form.action || location.href);
    url.search = new URLSearchParams(data);
    try {
      const answer = await fetch(url, { headers: { Accept: "text/html" } });
      if (!answer.ok) throw new Error(answer.status);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      document.querySelector("#results").replaceWith(page.querySelector("#results"));
      for (const field of form.querySelectorAll("select")) {
        const fresh = page.querySelector(`form[data-live] select[name="${field.name}"]`);
        if (fresh) field.replaceChildren(...fresh.children);
      }
      for (const link of document.querySelectorAll("link[rel=alternate]")) {
        const fresh = page.querySelector(`link[rel=alternate][${link.hreflang ? `hreflang="${link.hreflang}"` : "type"}]`);
        if (fresh) link.href = fresh.getAttribute("href");
      }
      const other = document.querySelector(".top .end a");
      const fresh = page.querySelector(".top .end a");
      if (other && fresh) other.href = fresh.getAttribute("href");
      history.replaceState(null, "", url);
    } catch {
      form.submit();
    }
  });
}

// Copy buttons are there only where copying works.
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  const said = button.textContent;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = button.dataset.copied;
    setTimeout(() => { button.textContent = said; }, 1500);
  });
}

// The explorer: one plain request to this hub, the answer as text.
const run = document.querySelector("#run");
if (run) {
  const [query, variables, state, box, answer] = ["#query", "#variables", "#state", "#answerbox", "#answer"].map((id) => document.querySelector(id));
  run.hidden = false;
  run.addEventListener("click", async () => {
    let given;
    try {
      given = JSON.parse(variables.value.trim() || "{}");
    } catch {
      state.textContent = state.dataset.bad;
      return;
    }
    state.textContent = state.dataset.busy;
    const began = performance.now();
    try {
      const found = await fetch("/graphql", {
        method: "POST",
        headers: { "Content-Type": "application/json", "Accept-Language": document.documentElement.lang },
        body: JSON.stringify({ query: query.value, variables: given }),
      });
      answer.textContent = JSON.stringify(await found.json(), null, 2);
      box.hidden = false;
      state.textContent = `${state.dataset.done} ${Math.round(performance.now() - began)} ms`;
    } catch {
      state.textContent = state.dataset.down;
    }
  });
}
