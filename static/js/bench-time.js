// One job: measure how long a person has looked at the item. Time in a hidden tab does not count.
let spent = 0;
let since = null;

function begin() {
  spent = Number(document.querySelector("[data-duration]")?.value) || 0; // what a refused answer had taken already
  since = document.hidden ? null : performance.now();
}

function total() {
  return Math.round(spent + (since === null ? 0 : performance.now() - since));
}

document.addEventListener("visibilitychange", () => {
  spent = total();
  since = document.hidden ? null : performance.now();
});
document.body.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.elt.id === "answer") event.detail.parameters.duration_ms = String(total());
});
document.body.addEventListener("htmx:load", (event) => {
  if (event.detail.elt.matches?.("[data-card]")) begin();
});
begin();
