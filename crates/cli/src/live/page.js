// Shows what reaches the user who signs in, the newest first. What an EventSource is told has a name, and only who asks for
// a name hears of it: so the page brings all there are.
const names = ["ready", "gap", "live", "expired", ...document.currentScript.dataset.types.split(" ")];
const [form, status, list] = ["form", "p", "pre"].map((name) => document.querySelector(name));
let events;

form.onsubmit = async (submitted) => {
  submitted.preventDefault();
  const session = await post("/v1/auth/login", { "content-type": "application/json" }, Object.fromEntries(new FormData(form)));
  if (!session) return;
  // An EventSource sends no header of ours, but cookies.
  if (await post("/v1/events/session", { authorization: `Bearer ${session.access_token}` })) follow();
};

async function post(path, headers, body) {
  const answer = await fetch(path, { method: "POST", headers, body: body && JSON.stringify(body) });
  const said = answer.status === 204 ? {} : await answer.json();
  if (!answer.ok) status.textContent = said.detail;
  return answer.ok && said;
}

function follow() {
  events?.close();
  events = new EventSource("/v1/events");
  events.onopen = () => (status.textContent = "Following.");
  events.onerror = () => (status.textContent = events.readyState === EventSource.CLOSED ? "Ended: sign in again." : "Coming back …");
  for (const name of names) events.addEventListener(name, show);
}

function show({ type, data }) {
  list.prepend(`${type} ${data}\n`);
  if (list.childNodes.length > 1000) list.lastChild.remove();
}
