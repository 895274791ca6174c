// One job: give an untouched item back when the page is left. A reload keeps it: one must not be able to reload an item
// away. Where the browser cannot tell a reload from a leave, the lease simply runs out.
let reloads = false;

window.navigation?.addEventListener("navigate", (event) => {
  reloads = event.navigationType === "reload";
});
document.addEventListener("input", (event) => {
  if (event.target.form?.dataset.draftUrl) document.querySelector("[data-card]")?.setAttribute("data-touched", "");
});
window.addEventListener("pagehide", () => {
  const card = document.querySelector("[data-release]");
  const form = card?.querySelector("form[data-draft-url]");
  if (!form || reloads || !window.navigation || "touched" in card.dataset) return;
  const body = new FormData();
  for (const name of ["csrfmiddlewaretoken", "token"]) body.set(name, form.elements[name].value);
  navigator.sendBeacon(card.dataset.release, body);
});
// A page that comes back from the browser's memory shows an item that is no longer held.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
