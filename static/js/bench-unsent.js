// One job: keep an answer that did not reach the server, and send it when the server is back. It is stored once, because
// it carries its lease's token: the same answer again is the same answer. Also after a reload or a new login.
import { allKept, drop, keep } from "./kept.js";

const away = [0, 502, 503, 504]; // no answer, or a proxy's in its stead
const tokenOf = (form) => form?.elements.namedItem("token")?.value;
const isAnswer = (element) => element?.id === "answer" && tokenOf(element) !== undefined;
const flying = new Set();
let failures = 0;

function told(event) {
  const { xhr, requestConfig } = event.detail;
  if (!isAnswer(requestConfig.elt)) return; // by now the card may have gone, and the form with it
  const address = requestConfig.path;
  flying.delete(address);
  // 401: the same person logs in again. 403: the page is older than that login; a new one brings a new key to the door.
  if (away.includes(xhr.status) || xhr.status === 401) hold(address, requestConfig.formData, xhr.status);
  else if (xhr.status === 403 && failures === 0) stale(address, requestConfig.formData);
  else drop("answer", address);
}

function hold(address, data, status) {
  const fields = [...data].filter(([name, value]) => name !== "csrfmiddlewaretoken" && typeof value === "string");
  keep("answer", address, { fields });
  const place = document.querySelector("[data-saved]");
  if (place && status !== 401) place.textContent = place.dataset.textUnsent;
}

function stale(address, data) {
  hold(address, data, 401);
  sessionStorage.setItem("unsent-retry", "1");
  location.reload();
}

function send(address, entry) {
  if (flying.has(address)) return;
  flying.add(address);
  const form = document.querySelector("form#answer");
  const values = new FormData();
  for (const [name, value] of entry.fields) values.append(name, value);
  if (isAnswer(form) && form.getAttribute("action") === address && tokenOf(form) === values.get("token")) {
    window.htmx.ajax("POST", address, { source: form, target: "#card", swap: "outerHTML settle:0s show:window:top", values });
  } else {
    behind(address, values);
  }
}

// The item is no longer the one on the page.
async function behind(address, values) {
  try {
    const given = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");
    const headers = { ...given, "X-Requested-With": "fetch" };
    const answer = await fetch(address, { method: "POST", body: new URLSearchParams([...values]), headers, redirect: "manual" });
    if (!away.includes(answer.status) || answer.type === "opaqueredirect") if (answer.status !== 401) drop("answer", address);
    if (answer.status === 409) toast("textLate");
    else if (answer.type === "opaqueredirect") toast("textSent");
  } catch {
    // Still away: it stays kept, and touchstone:online tries again.
  } finally {
    flying.delete(address);
  }
}

function toast(name) {
  const text = document.querySelector("[data-saved]")?.dataset[name];
  if (text) document.body.dispatchEvent(new CustomEvent("toast", { detail: { text, level: name === "textLate" ? "warn" : "ok" } }));
}

function all() {
  for (const [address, entry] of allKept("answer")) send(address, entry);
  const start = document.querySelector("[data-card] form[data-starts]");
  if (start && !allKept("answer").length) window.htmx.trigger(start, "submit");
}

document.body.addEventListener("htmx:afterRequest", told);
window.addEventListener("touchstone:online", all);
failures = Number(sessionStorage.getItem("unsent-retry") ?? 0);
sessionStorage.removeItem("unsent-retry");
if (allKept("answer").length) window.addEventListener("load", () => setTimeout(all));
