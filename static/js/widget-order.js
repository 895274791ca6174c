// One job: put things into an order, or into groups ([data-order]), by mouse, finger or keys. Each thing carries its
// own field, and the fields are sent in the order in which the things stand, so that moving a thing is all there is.
const things = (area) => [...area.querySelectorAll("[data-thing]")];
const lists = (area) => [...area.querySelectorAll("[data-things]")];

function say(area, thing) {
  const list = thing.parentElement;
  const words = area.dataset.textMoved.replace("%t", thing.dataset.words).replace("%p", [...list.children].indexOf(thing) + 1);
  area.querySelector("[data-order-said]").textContent = words.replace("%n", list.children.length).replace("%g", list.dataset.words);
}

function settle(area) {
  for (const list of lists(area)) {
    [...list.children].forEach((thing, index) => {
      thing.querySelector("[data-place]").textContent = index + 1;
      thing.querySelector("[data-thing-field]").value = JSON.stringify([list.dataset.things, thing.dataset.thing]);
    });
  }
  const all = things(area);
  all.forEach((thing, index) => {
    const alone = lists(area).length === 1;
    thing.querySelector("[data-move='-1']").ariaDisabled = String(alone && index === 0);
    thing.querySelector("[data-move='1']").ariaDisabled = String(alone && index === all.length - 1);
  });
}

function changed(area, thing) {
  settle(area);
  say(area, thing);
  thing.querySelector("[data-thing-field]").dispatchEvent(new Event("input", { bubbles: true }));
}

// One step up or down; past the end of a group, into the next one.
function step(area, thing, by) {
  const beside = by < 0 ? thing.previousElementSibling : thing.nextElementSibling;
  const all = lists(area);
  const list = all[all.indexOf(thing.parentElement) + by];
  if (beside) beside[by < 0 ? "before" : "after"](thing);
  else if (list) list[by < 0 ? "append" : "prepend"](thing);
  else return;
  changed(area, thing);
}

function stepAndStay(area, thing, by, focused) {
  step(area, thing, by);
  focused.focus();
  thing.scrollIntoView({ block: "nearest" });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-move]");
  if (button) stepAndStay(button.closest("[data-order]"), button.closest("[data-thing]"), Number(button.dataset.move), button);
});

document.addEventListener("keydown", (event) => {
  const thing = event.target.closest?.("[data-thing]");
  const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (!thing || !by || event.target.matches("select")) return;
  event.preventDefault();
  const area = thing.closest("[data-order]");
  if (event.altKey) return stepAndStay(area, thing, by, event.target);
  const all = things(area);
  const next = all[all.indexOf(thing) + by];
  const same = event.target.dataset.move ?? "1";
  next?.querySelector(`[data-move='${same}']`)?.focus();
});

document.addEventListener("change", (event) => {
  const select = event.target.closest?.("[data-thing] select");
  if (!select) return;
  const area = select.closest("[data-order]");
  const list = lists(area).find((each) => each.dataset.things === JSON.parse(select.value)[0]);
  list.append(select.closest("[data-thing]"));
  changed(area, select.closest("[data-thing]"));
  select.focus();
});

// Dragging: the thing follows the pointer by taking the place of whatever it is over.
let held = null;

document.addEventListener("pointerdown", (event) => {
  const grip = event.target.closest?.("[data-grip]");
  if (!grip || event.button !== 0) return;
  held = grip.closest("[data-thing]");
  held.dataset.held = "";
  grip.setPointerCapture(event.pointerId);
  event.preventDefault();
});

document.addEventListener("pointermove", (event) => {
  if (!held) return;
  const over = document.elementFromPoint(event.clientX, event.clientY);
  const area = held.closest("[data-order]");
  const thing = over?.closest("[data-thing]");
  const list = over?.closest("[data-column]")?.querySelector("[data-things]");
  if (thing && thing !== held && area.contains(thing)) {
    const box = thing.getBoundingClientRect();
    thing[event.clientY < box.top + box.height / 2 ? "before" : "after"](held);
  } else if (!thing && list && area.contains(list) && list !== held.parentElement) {
    list.append(held);
  }
});

function drop() {
  if (!held) return;
  const thing = held;
  held = null;
  delete thing.dataset.held;
  changed(thing.closest("[data-order]"), thing);
}
document.addEventListener("pointerup", drop);
document.addEventListener("pointercancel", drop);

function restore(area, kept) {
  for (const value of kept) {
    const [group, id] = JSON.parse(value);
    const list = lists(area).find((each) => each.dataset.things === group);
    const thing = things(area).find((each) => each.dataset.thing === id);
    if (list && thing) list.append(thing);
  }
  settle(area);
}

document.addEventListener("touchstone:restore", (event) => {
  for (const area of event.target.querySelectorAll("[data-order]")) {
    const name = area.querySelector("[data-thing-field]").name;
    restore(area, event.detail.filter(([each]) => each === name).map(([, value]) => value));
  }
});

function start(within) {
  within.querySelectorAll?.("[data-order]").forEach(settle);
}
document.body.addEventListener("htmx:load", (event) => start(event.detail.elt.parentElement ?? event.detail.elt));
start(document);
