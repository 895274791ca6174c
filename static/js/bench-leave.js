// One job: let an untouched item go soon after the page is left, and keep it when the page comes back. A reload is both,
// in this order: nobody loses an item by it, and nobody gets rid of one.
const patience = 1500; // ms; the word of leaving may still be under way

function tell(address, card) {
  const form = card?.querySelector("form[data-draft-url]");
  if (!form || !card.dataset[address]) return;
  const body = new FormData();
  body.set("token", form.elements.token.value);
  body.set("csrfmiddlewaretoken", JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"]); // a beacon has no headers
  navigator.sendBeacon(card.dataset[address], body);
}

const shown = () => document.querySelector("[data-card]");

document.addEventListener("input", (event) => {
  if (event.target.form?.dataset.draftUrl) shown()?.setAttribute("data-touched", "");
});
window.addEventListener("pagehide", () => {
  if (!("touched" in (shown()?.dataset ?? {}))) tell("leave", shown());
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload(); // from the browser's memory: the item may be somebody else's by now
});
const first = shown();
setTimeout(() => tell("back", first), patience);
