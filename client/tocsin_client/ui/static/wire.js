// Talking to this machine's own server: the ticket in the address is traded once for a token, which every call bears.

const KEPT = "tocsin-token"; // in this tab only, so that a reload and the other language work
let token = sessionStorage.getItem(KEPT);

export class Problem extends Error {
  constructor(error) {
    super(error.message);
    this.code = error.code;
    this.hint = error.hint;
    this.where = error.where;
  }
}

// The server has ended, or the ticket was used by another tab.
export class Stopped extends Error {}

async function post(path, headers, body) {
  let answer;
  try {
    answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body: JSON.stringify(body),
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      referrerPolicy: "no-referrer",
    });
  } catch {
    throw new Stopped("ended");
  }
  if (!answer.ok) throw new Stopped((await answer.text()).startsWith("ticket-spent") ? "spent" : "ended");
  return answer.json();
}

// Take the ticket out of the address, so that it stays in no history, and trade it.
export async function open() {
  const ticket = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
  if (ticket.length > 20) {
    const answer = await post("/api/open", { "Tocsin-Ticket": ticket }, {});
    token = answer.token;
    sessionStorage.setItem(KEPT, token);
  }
  if (!token) throw new Stopped("spent");
}

export async function call(name, given = {}) {
  const answer = await post(`/api/${name}`, { "Tocsin-Token": token }, { ...given, lang: document.documentElement.lang });
  if (!answer.ok) throw new Problem(answer.error);
  return answer;
}

export function forget() {
  sessionStorage.removeItem(KEPT);
}
