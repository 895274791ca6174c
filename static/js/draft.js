// One job: save a form as it is written. form[data-draft-url] posts its fields there, half a second after the last
// change, and [data-saved] says so. While the server is away the draft is kept in this browser and goes out later.
const wait = 500;
const timers = new WeakMap();
const keyOf = (form) => `draft:${form.dataset.draftUrl}`;

function say(kept) {
  const place = document.querySelector("[data-saved]");
  if (!place) return;
  const time = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  place.textContent = `${kept ? place.dataset.textKept : place.dataset.textSaved} ${time}`;
}

function fieldsOf(form) {
  return [...new FormData(form)].filter(([name, value]) => name !== "csrfmiddlewaretoken" && typeof value === "string");
}

function headers() {
  const given = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");
  return { ...given, "Content-Type": "application/x-www-form-urlencoded", "X-Requested-With": "fetch" };
}

async function save(form) {
  clearTimeout(timers.get(form));
  timers.delete(form);
  const fields = fieldsOf(form);
  localStorage.setItem(keyOf(form), JSON.stringify(fields)); // first here, so that a crash now loses nothing
  try {
    const body = new URLSearchParams(fields);
    const answer = await fetch(form.dataset.draftUrl, { method: "POST", body, headers: headers(), redirect: "error", keepalive: true });
    if (!answer.ok) throw new Error(String(answer.status));
    localStorage.removeItem(keyOf(form));
    say(false);
  } catch {
    say(true);
  }
}

function later(form) {
  clearTimeout(timers.get(form));
  timers.set(form, setTimeout(() => save(form), wait));
}

function restore(form) {
  const kept = localStorage.getItem(keyOf(form));
  if (!kept) return;
  const fields = new Map(JSON.parse(kept));
  for (const field of form.elements) {
    if (!fields.has(field.name) || field.type === "hidden") continue;
    if (field.type === "radio" || field.type === "checkbox") {
      field.checked = JSON.parse(kept).some(([name, value]) => name === field.name && value === field.value);
    } else if (field.matches("input, textarea, select")) {
      field.value = fields.get(field.name);
    }
    field.dispatchEvent(new Event("touchstone:restored", { bubbles: true }));
  }
  save(form);
}

function forms(within) {
  const found = [...(within.querySelectorAll?.("form[data-draft-url]") ?? [])];
  return within.matches?.("form[data-draft-url]") ? [within, ...found] : found;
}

function sent(form) {
  clearTimeout(timers.get(form));
  timers.delete(form);
}

document.addEventListener("input", (event) => {
  if (event.target.matches?.("[data-filter]")) return; // a search is no work
  const form = event.target.form ?? event.target.closest?.("form"); // a field may stand outside its form
  if (form?.dataset.draftUrl) later(form);
});
document.addEventListener("submit", (event) => sent(event.target));
document.body.addEventListener("htmx:beforeRequest", (event) => {
  const form = event.detail.elt.closest?.("form[data-draft-url]");
  if (form) sent(form);
});
document.body.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt.closest?.("form[data-draft-url]");
  if (!form) return;
  if (event.detail.successful) localStorage.removeItem(keyOf(form)); // the answer is stored; its draft has no use
  else if (form.isConnected) later(form);
});
document.body.addEventListener("htmx:load", (event) => forms(event.detail.elt).forEach(restore));
window.addEventListener("touchstone:online", () => forms(document).filter((form) => localStorage.getItem(keyOf(form))).forEach(save));
window.addEventListener("pagehide", () => forms(document).filter((form) => timers.has(form)).forEach(save));
