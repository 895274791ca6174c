// One job: save a form as it is written. form[data-draft-url] posts its fields there, half a second after the last
// change, and [data-saved] says so. While the server is away the draft is kept in this browser and goes out later.
import { drop, keep, kept } from "./kept.js";

const wait = 500;
const timers = new WeakMap();
const addressOf = (form) => form.dataset.draftUrl;
const tokenOf = (form) => form.elements.namedItem("token")?.value ?? "";
const own = ["csrfmiddlewaretoken", "token", "duration_ms"]; // of the page, not of the person

function say(words) {
  const place = document.querySelector("[data-saved]");
  if (!place) return;
  const time = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  place.textContent = `${words === "saved" ? place.dataset.textSaved : place.dataset.textKept} ${time}`;
}

function fieldsOf(form) {
  return [...new FormData(form)].filter(([name, value]) => !own.includes(name) && typeof value === "string");
}

function headers() {
  const given = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");
  return { ...given, "Content-Type": "application/x-www-form-urlencoded", "X-Requested-With": "fetch" };
}

async function save(form) {
  stop(form);
  const fields = fieldsOf(form);
  const at = Date.now();
  const isKept = keep("draft", addressOf(form), { at, token: tokenOf(form), fields }); // first here, so that a crash now loses nothing
  try {
    const body = new URLSearchParams(fields);
    const keepalive = body.toString().length < 60_000; // what a browser sends on after the page has gone
    const answer = await fetch(addressOf(form), { method: "POST", body, headers: headers(), redirect: "error", keepalive });
    if (answer.status === 401) document.body.dispatchEvent(new Event("touchstone:login"));
    if (!answer.ok) throw new Error(String(answer.status));
    if (kept("draft", addressOf(form))?.at === at) drop("draft", addressOf(form)); // not what was written meanwhile
    say("saved");
  } catch {
    if (isKept) say("kept");
  }
}

function later(form) {
  stop(form);
  timers.set(form, setTimeout(() => save(form), wait));
}

function stop(form) {
  clearTimeout(timers.get(form));
  timers.delete(form);
}

// The latest work counts: of the same lease what is kept here, of another one only where the server has nothing newer.
function newest(form) {
  const entry = kept("draft", addressOf(form));
  if (!entry) return null;
  const known = Date.parse(form.dataset.draftAt ?? "") || 0;
  if (entry.token === tokenOf(form) ? entry.at > known : !form.dataset.draftAt && !("hasUndone" in form.dataset)) return entry.fields;
  drop("draft", addressOf(form));
  return null;
}

// A widget's own script may have to make room first: it hears touchstone:restore with all that was kept.
async function restore(form) {
  const fields = newest(form);
  if (!fields) return;
  await Promise.allSettled([...document.querySelectorAll("[data-module]")].map((node) => import(node.dataset.module)));
  form.dispatchEvent(new CustomEvent("touchstone:restore", { bubbles: true, detail: fields }));
  // What a widget keeps in one hidden field comes first, as it may bring further fields with it.
  const isHidden = (field) => field.type === "hidden";
  for (const field of [...form.elements].filter(isHidden)) fillHidden(form, field, fields);
  const values = Map.groupBy(fields, ([name]) => name);
  for (const field of [...form.elements].filter((each) => !isHidden(each))) fill(field, values.get(field.name) ?? []);
  document.querySelector("[data-card]")?.setAttribute("data-touched", "");
  save(form);
}

function fillHidden(form, field, fields) {
  const given = fields.filter(([name]) => name === field.name);
  const twins = [...form.elements].filter((other) => other.name === field.name);
  if (own.includes(field.name) || given.length !== 1 || twins.length !== 1) return;
  field.value = given[0][1];
  tell(field);
}

function fill(field, given) {
  const isBox = field.type === "radio" || field.type === "checkbox";
  if (isBox && field.name) field.checked = given.some(([, value]) => value === field.value);
  else if (field.type === "select-multiple") for (const option of field.options) option.selected = given.some(([, value]) => value === option.value);
  else if (!given.length || !field.matches("input, textarea, select")) return;
  else {
    field.value = given[0][1]; // of several fields with one name, each takes the next value
    if (given.length > 1) given.shift();
  }
  tell(field);
}

const tell = (field) => field.dispatchEvent(new Event("touchstone:restored", { bubbles: true }));

function forms(within) {
  const found = [...(within.querySelectorAll?.("form[data-draft-url]") ?? [])];
  return within.matches?.("form[data-draft-url]") ? [within, ...found] : found;
}

document.addEventListener("input", (event) => {
  if (event.target.matches?.("[data-filter]")) return; // a search is no work
  const form = event.target.form ?? event.target.closest?.("form"); // a field may stand outside its form
  if (form?.dataset.draftUrl) later(form);
});
// What htmx sends is kept elsewhere (bench-unsent.js); of a plain form the page goes, and an error may come in its stead.
document.addEventListener("submit", ({ target: form }) => {
  stop(form);
  if (!form.dataset.draftUrl || form.hasAttribute("hx-post")) return;
  keep("draft", addressOf(form), { at: Date.now(), token: tokenOf(form), fields: fieldsOf(form) });
  sessionStorage.setItem("draft-sent", addressOf(form));
});
const sent = sessionStorage.getItem("draft-sent");
sessionStorage.removeItem("draft-sent");
if (sent && !forms(document).some((form) => addressOf(form) === sent)) drop("draft", sent); // another page came: it is stored
document.body.addEventListener("htmx:beforeRequest", (event) => {
  const form = event.detail.elt.closest?.("form[data-draft-url]");
  if (form) stop(form);
});
document.body.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.requestConfig.elt.closest?.("form[data-draft-url]"); // may have gone from the page
  if (!form) return;
  if (event.detail.successful) drop("draft", addressOf(form)); // the answer is stored; its draft has no use
  else if (form.isConnected) later(form);
});
document.body.addEventListener("htmx:load", (event) => forms(event.detail.elt).forEach(restore));
// An answer that waits to be sent holds the same words; its draft has no use.
const waits = (form) => kept("draft", addressOf(form)) && !kept("answer", form.getAttribute("action"));
window.addEventListener("touchstone:online", () => forms(document).filter(waits).forEach(save));
window.addEventListener("pagehide", () => forms(document).filter((form) => timers.has(form)).forEach(save));
