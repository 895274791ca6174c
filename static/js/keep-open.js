// One job: when htmx swaps an element marked data-keep-open for a newer one, folds that are open stay open and
// scrolled boxes stay where they were read. Both are found again by their place among their kind.
let kept = null;

document.body.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const old = detail.target;
  if (!old.hasAttribute("data-keep-open")) return;
  kept = {
    id: old.id,
    open: [...old.querySelectorAll("details")].map((node) => node.open),
    scrolled: [...old.querySelectorAll(".log, .scroll")].map((node) => [node.scrollLeft, node.scrollTop]),
  };
});

document.body.addEventListener("htmx:afterSettle", () => {
  const fresh = kept && document.getElementById(kept.id);
  if (!fresh) return;
  fresh.querySelectorAll("details").forEach((node, index) => (node.open = kept.open[index] ?? node.open));
  fresh.querySelectorAll(".log, .scroll").forEach((node, index) => node.scrollTo(...(kept.scrolled[index] ?? [0, 0])));
  kept = null;
});
