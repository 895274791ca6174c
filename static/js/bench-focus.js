// One job: after a new card, put the focus where the work goes on, and tell screen readers what became of the answer.
let wasFiltering = false;

function place(card) {
  const wrong = card.querySelector("[aria-invalid=true]");
  const filter = wasFiltering ? card.querySelector("[data-filter]") : null;
  (wrong?.matches("fieldset") ? (wrong.querySelector("input, button") ?? wrong) : wrong ?? filter ?? card.querySelector("#item"))?.focus({ preventScroll: true });
}

document.body.addEventListener("htmx:beforeSwap", () => {
  wasFiltering = Boolean(document.activeElement?.matches("[data-filter]"));
});
document.body.addEventListener("htmx:load", (event) => {
  if (event.detail.elt.matches?.("[data-card]")) place(event.detail.elt);
});
document.body.addEventListener("item-answered", (event) => {
  const said = document.querySelector("[data-announce]");
  if (said) said.textContent = event.detail.words ? `${said.dataset.text}: ${event.detail.words}` : "";
});
