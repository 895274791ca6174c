// One job: add and remove the texts of a question that takes several ([data-texts]). Without scripts the page
// brings one empty field more, and an emptied field counts as removed.
const listOf = (area) => area.querySelector("[data-texts-list]");
const fieldsOf = (area) => [...listOf(area).querySelectorAll("textarea")];

function number(area) {
  const fields = fieldsOf(area);
  fields.forEach((field, index) => {
    field.ariaLabel = `${area.dataset.label} ${index + 1}`;
    field.closest("li").querySelector("button").ariaLabel = `${area.dataset.textRemove} ${index + 1}`;
  });
  const most = Number(area.dataset.most) || Infinity;
  area.querySelector("[data-texts-add]").hidden = fields.length >= most;
}

function add(area) {
  const first = listOf(area).firstElementChild;
  const copy = first.cloneNode(true);
  copy.querySelector("textarea").value = "";
  copy.querySelector("textarea").removeAttribute("id");
  delete copy.querySelector("textarea").dataset.key;
  listOf(area).append(copy);
  number(area);
  return copy.querySelector("textarea");
}

function changed(area) {
  fieldsOf(area)[0].dispatchEvent(new Event("input", { bubbles: true }));
}

function remove(area, item) {
  const neighbour = item.nextElementSibling ?? item.previousElementSibling;
  if (neighbour) item.remove();
  else item.querySelector("textarea").value = "";
  number(area);
  (neighbour ?? item).querySelector("textarea").focus();
  changed(area);
}

document.addEventListener("click", (event) => {
  const area = event.target.closest?.("[data-texts]");
  if (!area) return;
  if (event.target.closest("[data-texts-add]")) add(area).focus();
  else if (event.target.closest("[data-texts-remove]")) remove(area, event.target.closest("li"));
});

// Enter in a one-line text goes on to the next one, as in a list.
document.addEventListener("keydown", (event) => {
  const area = event.target.closest?.("[data-texts]");
  if (event.key !== "Enter" || event.isComposing || event.shiftKey || event.ctrlKey || event.metaKey) return;
  if (!area || !event.target.matches("textarea[rows='1']") || !event.target.value.trim()) return;
  event.preventDefault();
  const next = event.target.closest("li").nextElementSibling?.querySelector("textarea");
  if (next) next.focus();
  else if (!area.querySelector("[data-texts-add]").hidden) add(area).focus();
});

// A draft kept in this browser may hold more texts than the page has fields.
document.addEventListener("touchstone:restore", (event) => {
  for (const area of event.target.querySelectorAll("[data-texts]")) {
    const kept = event.detail.filter(([name]) => name === fieldsOf(area)[0].name);
    while (fieldsOf(area).length < kept.length) add(area);
  }
});

// Ready words go in where the cursor was last.
let last = null;
document.addEventListener("focusin", (event) => {
  if (event.target.matches("textarea")) last = event.target;
});
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-inserts]");
  if (!button) return;
  const pane = button.closest(".pane");
  const field = pane.contains(last) ? last : pane.querySelector("textarea");
  field.setRangeText(button.dataset.inserts, field.selectionStart, field.selectionEnd, "end");
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
});
