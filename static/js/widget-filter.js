// One job: narrow a long list of labels while one types. In [data-many] the hits become large buttons and Enter takes
// the first; above a list of chips the others hide. Without this module the whole list is there to press.
const most = 9;

function matches(text, wanted) {
  const low = text.toLocaleLowerCase();
  return wanted.every((word) => low.includes(word));
}

function words(field) {
  return field.value.toLocaleLowerCase().split(/[\s_-]+/).filter(Boolean);
}

function tell(area, shown, total) {
  const place = area.querySelector("[data-filter-count]");
  place.textContent = shown === total ? String(total) : `${shown} ${place.dataset.text} ${total}`;
}

function marked(text, word) {
  const span = document.createElement("span");
  const at = word ? text.toLocaleLowerCase().indexOf(word) : -1;
  span.dir = "auto";
  if (at < 0 || text.toLocaleLowerCase().length !== text.length) return span.append(text), span;
  const mark = document.createElement("mark");
  mark.className = "m";
  mark.textContent = text.slice(at, at + word.length);
  span.append(text.slice(0, at), mark, text.slice(at + word.length));
  return span;
}

function hit(button, first, word) {
  const copy = document.createElement("button");
  copy.type = "submit";
  copy.className = first ? "choice first" : "choice";
  copy.name = button.name;
  copy.value = button.value;
  copy.title = button.title;
  if (first) copy.append(Object.assign(document.createElement("kbd"), { textContent: "Enter" }));
  copy.append(marked(button.textContent, word));
  return copy;
}

function narrowList(area, field) {
  const wanted = words(field);
  const all = [...area.querySelectorAll("[data-all] button")];
  const found = wanted.length ? all.filter((button) => matches(button.textContent, wanted)) : [];
  for (const button of all) button.firstElementChild.className = found.includes(button) ? "hit" : "";
  area.querySelector("[data-hits]").replaceChildren(...found.slice(0, most).map((button, index) => hit(button, index === 0, wanted[0])));
  tell(area, wanted.length ? found.length : all.length, all.length);
}

function narrowChips(area, field) {
  const wanted = words(field);
  const chips = [...area.querySelectorAll(".chip")];
  const found = chips.filter((chip) => matches(chip.textContent, wanted));
  for (const chip of chips) chip.hidden = !found.includes(chip) && !chip.querySelector(":checked");
  tell(area, found.length, chips.length);
}

document.addEventListener("input", (event) => {
  const field = event.target;
  if (!field.matches?.("[data-filter]")) return;
  const area = field.closest("[data-many], [data-question]");
  if (!area) return;
  if (area.matches("[data-many]")) narrowList(area, field);
  else narrowChips(area, field);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || !event.target.matches?.("[data-filter]")) return;
  const area = event.target.closest("[data-many], [data-question]");
  if (!area) return;
  event.preventDefault();
  if (area.closest(".htmx-request")) return; // an answer is under way; a second press must not answer the next item
  if (area.matches("[data-many]")) area.querySelector("[data-hits] button")?.click();
  else area.querySelector(".chip:not([hidden]) input:not(:checked)")?.click();
});
