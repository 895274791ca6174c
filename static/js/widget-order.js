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
  for (const select of waiting.keys()) follow(select);
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

// A thing goes to its new group a moment after the choice, since letters typed into a select may follow each other.
const waiting = new Map();

function follow(select) {
  clearTimeout(waiting.get(select));
  if (!waiting.delete(select)) return;
  const [area, thing] = [select.closest("[data-order]"), select.closest("[data-thing]")];
  const list = lists(area).find((each) => each.dataset.things === JSON.parse(select.value)[0]);
  if (list === thing.parentElement) return;
  const isFocused = document.activeElement === select;
  list.append(thing);
  changed(area, thing);
  if (isFocused) select.focus({ preventScroll: true });
}

document.addEventListener("change", (event) => {
  const select = event.target.closest?.("[data-thing] select");
  if (!select) return;
  clearTimeout(waiting.get(select));
  waiting.set(select, setTimeout(() => follow(select), 600));
});
document.addEventListener("focusout", (event) => {
  if (waiting.has(event.target)) follow(event.target);
});

// Dragging: a line shows where the thing would go; it goes there when it is let go. Until then nothing moves, since a
// finger's gesture is lost when what it began on is moved.
const edge = 72; // px: near the top or the bottom of the window, dragging scrolls
let held = null;
let aim = null; // {node, where}: a thing or a list, and before, after or append

function point(next) {
  if (aim) delete aim.node.dataset.drop;
  aim = next;
  if (aim) aim.node.dataset.drop = aim.where;
}

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
  if (event.clientY < edge || event.clientY > innerHeight - edge) scrollBy(0, event.clientY < edge ? -16 : 16);
  const over = document.elementFromPoint(event.clientX, event.clientY);
  const area = held.closest("[data-order]");
  const thing = over?.closest("[data-thing]");
  const list = over?.closest("[data-column]")?.querySelector("[data-things]");
  if (thing && area.contains(thing)) {
    const box = thing.getBoundingClientRect();
    point(thing === held ? null : { node: thing, where: event.clientY < box.top + box.height / 2 ? "before" : "after" });
  } else {
    point(list && area.contains(list) && list !== held.parentElement ? { node: list, where: "append" } : null);
  }
});

function drop(isWanted) {
  if (!held) return;
  const [thing, target] = [held, aim];
  point(null);
  held = null;
  delete thing.dataset.held;
  if (isWanted && target) setTimeout(() => { // once the browser is done with the gesture
    target.node[target.where](thing);
    changed(thing.closest("[data-order]"), thing);
  });
}
document.addEventListener("pointerup", () => drop(true));
document.addEventListener("pointercancel", () => drop(false));

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
