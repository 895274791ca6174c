// One job: load a widget's own script where a page first shows that widget. [data-module] names the script's address;
// a script loaded once serves every later card too, so each of them starts what htmx brings by itself.
function load(within) {
  for (const node of within.querySelectorAll?.("[data-module]") ?? []) import(node.dataset.module);
}

document.body.addEventListener("htmx:load", (event) => load(event.detail.elt.parentElement ?? event.detail.elt));
load(document);
