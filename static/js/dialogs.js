// One job: open the dialog that a control names in data-opens, and close one by data-closes. Without this module the
// control is a link to a page with the same content.
document.addEventListener("click", (event) => {
  const opener = event.target.closest?.("[data-opens]");
  const dialog = opener && document.getElementById(opener.dataset.opens);
  if (dialog && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    dialog.querySelector("[data-loaded]")?.replaceChildren(); // what was read before must not flash up
    if (!dialog.open) dialog.showModal();
  }
  if (event.target.closest?.("[data-closes]")) event.target.closest("dialog")?.close();
});
// The page behind moved on, or the form in the dialog was sent.
document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "card") return;
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
});
