// One job: a tree of boxes to tick ([data-tree]): open and close, find by typing, walk by arrow keys, and say above it
// what is chosen. Without this module the whole tree stands open. In [data-cascade] a group follows what is inside it.
const most = 200; // hits shown at once
const texts = new WeakMap(); // the words of each node with those of the groups above it
const nodes = (area) => [...area.querySelectorAll("[data-node]")];
const boxOf = (node) => node.querySelector(":scope > .node input");
const toggleOf = (node) => node.querySelector(":scope > .node [data-toggle]");
const insideOf = (node) => node.querySelector(":scope > ul");
const above = (node) => node.parentElement.closest("[data-node]");
const words = (node) => node.querySelector(":scope > .node [data-text]").textContent;

function path(node) {
  const up = above(node);
  return up ? [...path(up), words(node)] : [words(node)];
}

function textOf(node) {
  if (!texts.has(node)) {
    const up = above(node);
    texts.set(node, `${up ? textOf(up) : ""} ${words(node).toLocaleLowerCase()}`);
  }
  return texts.get(node);
}

function open(node, on) {
  const toggle = toggleOf(node);
  if (toggle) toggle.ariaExpanded = String(on);
}

function reveal(node) {
  for (let up = above(node); up; up = above(up)) open(up, true);
}

function follow(area) {
  for (const node of nodes(area).reverse()) {
    const box = boxOf(node);
    if (!box?.matches("[data-group]")) continue;
    const inner = [...insideOf(node).querySelectorAll("input:not([data-group])")];
    const on = inner.filter((each) => each.checked).length;
    box.checked = on === inner.length;
    box.indeterminate = on > 0 && on < inner.length;
  }
}

function drawPicked(area) {
  const place = area.querySelector("[data-picked]");
  if (!place) return;
  const picked = nodes(area).filter((node) => boxOf(node)?.checked);
  place.replaceChildren(...picked.map((node) => {
    const item = document.createElement("li");
    const button = Object.assign(document.createElement("button"), { type: "button", className: "chip" });
    const full = path(node).join(area.dataset.separator);
    const text = Object.assign(document.createElement("span"), { textContent: "fullPath" in area.dataset ? full : words(node), dir: "auto" });
    button.title = full;
    button.ariaLabel = `${area.dataset.textRemove} ${full}`;
    button.dataset.unpick = boxOf(node).value;
    button.append(text, "\u00a0×");
    item.append(button);
    return item;
  }));
}

function say(area, text) {
  area.querySelector("[data-tree-said]").textContent = text;
}

function keepTo(area, box) {
  const limit = Number(area.dataset.most);
  const ticked = [...area.querySelectorAll("[data-node] input:checked")];
  if (!limit || !box.checked || ticked.length <= limit) return true;
  if (limit === 1) ticked.filter((each) => each !== box).forEach((each) => { each.checked = false; });
  else box.checked = false;
  if (limit > 1) say(area, area.dataset.textMost);
  return limit === 1;
}

function changed(area, box) {
  if (!box.matches("[data-group]")) say(area, "");
  keepTo(area, box);
  if ("cascade" in area.dataset) {
    if (box.matches("[data-group]")) {
      for (const each of box.closest("[data-node]").querySelectorAll("input")) each.checked = box.checked;
    }
    follow(area);
  }
  drawPicked(area);
}

function narrow(area) {
  const find = area.querySelector("[data-filter]");
  const wanted = find.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const all = nodes(area);
  const hits = wanted.length ? all.filter((node) => wanted.every((word) => textOf(node).includes(word)) && matchesItself(node, wanted)) : all;
  const shown = new Set(wanted.length ? hits.slice(0, most) : all);
  if (wanted.length) for (const node of [...shown]) for (let up = above(node); up; up = above(up)) shown.add(up);
  const found = new Set(wanted.length ? hits : []);
  for (const node of all) {
    node.hidden = !shown.has(node);
    node.toggleAttribute("data-hit", found.has(node));
  }
  area.toggleAttribute("data-finding", wanted.length > 0);
  const place = area.querySelector("[data-filter-count]");
  place.textContent = hits.length === all.length ? String(all.length) : `${hits.length} ${place.dataset.text} ${all.length}`;
}

// A node is a hit where its own words hold the last word sought; those of its groups may hold the others.
const matchesItself = (node, wanted) => wanted.some((word) => words(node).toLocaleLowerCase().includes(word));

// The best hit: one whose own words hold all that is sought, else the first.
function best(area, wanted) {
  const hits = [...area.querySelectorAll("[data-hit]")].filter(boxOf);
  return hits.find((node) => wanted.every((word) => words(node).toLocaleLowerCase().includes(word))) ?? hits[0];
}

const visible = (area) => nodes(area).filter((node) => node.checkVisibility());
const rove = (area, node) => {
  for (const other of area.querySelectorAll("[data-node] [tabindex='0']")) other.tabIndex = -1;
  const target = focusable(node);
  if (target) target.tabIndex = 0;
  return target;
};
const focusable = (node) => boxOf(node) ?? toggleOf(node);

function walk(area, node, key) {
  const list = visible(area);
  const at = list.indexOf(node);
  const expanded = toggleOf(node)?.ariaExpanded === "true" || area.hasAttribute("data-finding");
  if (key === "ArrowRight" && toggleOf(node) && !expanded) return open(node, true), node;
  if (key === "ArrowRight") return insideOf(node) ? list[at + 1] : node;
  if (key === "ArrowLeft" && toggleOf(node) && expanded && !area.hasAttribute("data-finding")) return open(node, false), node;
  if (key === "ArrowLeft") return above(node) ?? node;
  return { ArrowDown: list[at + 1], ArrowUp: list[at - 1], Home: list[0], End: list.at(-1) }[key];
}

document.addEventListener("keydown", (event) => {
  const area = event.target.closest?.("[data-tree]");
  if (!area || event.altKey || event.ctrlKey || event.metaKey || event.isComposing) return;
  if (event.target.matches("[data-filter]")) return inFind(area, event);
  const node = event.target.closest("[data-node]");
  const rtl = getComputedStyle(area).direction === "rtl";
  const key = rtl ? ({ ArrowLeft: "ArrowRight", ArrowRight: "ArrowLeft" }[event.key] ?? event.key) : event.key;
  if (!node || !["ArrowDown", "ArrowUp", "ArrowLeft", "ArrowRight", "Home", "End"].includes(key)) return;
  event.preventDefault();
  const next = walk(area, node, key);
  if (next) rove(area, next)?.focus();
});

function inFind(area, event) {
  const first = best(area, event.target.value.toLocaleLowerCase().split(/\s+/));
  if (event.key === "Enter") {
    event.preventDefault();
    if (event.target.value.trim() && first) boxOf(first).click();
  } else if (event.key === "ArrowDown") {
    event.preventDefault();
    const [top] = visible(area);
    if (top) rove(area, first ?? top)?.focus();
  }
}

document.addEventListener("click", (event) => {
  const toggle = event.target.closest?.("[data-tree] [data-toggle]");
  const picked = event.target.closest?.("[data-tree] [data-unpick]");
  if (toggle) toggle.ariaExpanded = String(toggle.ariaExpanded !== "true");
  if (!picked) return;
  const area = picked.closest("[data-tree]");
  const box = nodes(area).map(boxOf).find((each) => each?.value === picked.dataset.unpick);
  box.click();
  (area.querySelector("[data-picked] button") ?? area.querySelector("[data-filter], [tabindex='0']"))?.focus();
});

document.addEventListener("input", (event) => {
  const area = event.target.closest?.("[data-tree]");
  if (!area) return;
  if (event.target.matches("[data-filter]")) narrow(area);
  else changed(area, event.target);
});

document.addEventListener("focusin", (event) => {
  const node = event.target.closest?.("[data-tree] [data-node]");
  if (node) rove(node.closest("[data-tree]"), node);
});

function start(area) {
  const all = nodes(area);
  for (const node of all) {
    const box = boxOf(node);
    if (box) box.tabIndex = -1;
    if (toggleOf(node)) toggleOf(node).tabIndex = -1;
    if (box?.checked) reveal(node);
  }
  if (all.length) rove(area, all[0]);
  if ("cascade" in area.dataset) follow(area);
  drawPicked(area);
}

const startAll = (within) => within.querySelectorAll?.("[data-tree]").forEach(start);
// Each of a restored form's fields says so; the tree is drawn once for all of them.
const restored = new Set();
document.addEventListener("touchstone:restored", (event) => {
  const area = event.target.closest?.("[data-tree]");
  if (!area || restored.has(area)) return;
  restored.add(area);
  setTimeout(() => restored.delete(area) && start(area));
});
document.body.addEventListener("htmx:load", (event) => startAll(event.detail.elt.parentElement ?? event.detail.elt));
startAll(document);
