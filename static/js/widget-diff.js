// One job: show live, word by word, what a correction changed. The server draws the first picture with the same
// search (apps/labeling/algorithms/word_diff.py); this module redraws it after each pause in typing.
const token = /[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]\s*|[^\s\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+\s*|\s+/g;
const maxEdits = 500; // half of the server's, as this runs while somebody types
const pause = 120;
const timers = new WeakMap();
const wordsOf = (text) => text.match(token) ?? [];

function common(one, other, at) {
  let n = 0;
  while (n < one.length && n < other.length && at(one, n) === at(other, n)) n += 1;
  return n;
}

// Greedy O(ND) search (Myers 1986): how far into `old` each diagonal reached, for each number of edits.
function search(old, fresh) {
  const reach = new Map([[1, 0]]);
  const history = [];
  for (let d = 0; d <= Math.min(old.length + fresh.length, maxEdits); d += 1) {
    history.push(new Map(reach));
    for (let k = -d; k <= d; k += 2) {
      let x = down(reach, k, d) ? reach.get(k + 1) : reach.get(k - 1) + 1;
      while (x < old.length && x - k < fresh.length && old[x] === fresh[x - k]) x += 1;
      reach.set(k, x);
      if (x >= old.length && x - k >= fresh.length) return history;
    }
  }
  return null;
}

const down = (reach, k, d) => k === -d || (k !== d && reach.get(k - 1) < reach.get(k + 1));

function backtrack(old, fresh, history) {
  const script = [];
  let x = old.length;
  let y = fresh.length;
  for (let d = history.length - 1; d >= 0; d -= 1) {
    const k = x - y;
    const added = down(history[d], k, d);
    const fromX = history[d].get(added ? k + 1 : k - 1);
    const fromY = fromX - (added ? k + 1 : k - 1);
    const endX = added ? fromX : fromX + 1;
    while (x > 0 && y > 0 && x > endX) script.push(["same", old[(y -= 1, (x -= 1))]]);
    if (d > 0) script.push(added ? ["ins", fresh[fromY]] : ["del", old[fromX]]);
    [x, y] = [fromX, fromY];
  }
  return script.reverse();
}

function edit(old, fresh) {
  const history = old.length && fresh.length ? search(old, fresh) : null;
  if (history) return backtrack(old, fresh, history);
  return [...old.map((word) => ["del", word]), ...fresh.map((word) => ["ins", word])];
}

export function wordDiff(before, after) {
  const old = wordsOf(before);
  const fresh = wordsOf(after);
  const head = common(old, fresh, (list, n) => list[n]);
  const tail = common(old.slice(head), fresh.slice(head), (list, n) => list[list.length - 1 - n]);
  const middle = edit(old.slice(head, old.length - tail), fresh.slice(head, fresh.length - tail));
  const same = (list) => list.map((word) => ["same", word]);
  return pieces([...same(old.slice(0, head)), ...middle, ...same(old.slice(old.length - tail))]);
}

function pieces(script) {
  const out = [];
  let pending = { same: [], del: [], ins: [] };
  const flush = (...kinds) => {
    for (const kind of kinds) {
      if (pending[kind].length) out.push([kind, pending[kind].join("")]);
      pending[kind] = [];
    }
  };
  for (const [kind, word] of script) {
    if (kind === "same") flush("del", "ins");
    else flush("same");
    pending[kind].push(word);
  }
  flush("same", "del", "ins");
  return out;
}

function count(list, kind) {
  return list.filter(([each]) => each === kind).reduce((sum, [, text]) => sum + text.split(/\s+/).filter(Boolean).length, 0);
}

function draw(place, field) {
  const list = wordDiff(place.querySelector("[data-diff-start]").value, field.value);
  const nodes = list.map(([kind, text]) => {
    if (kind === "same") return document.createTextNode(text);
    return Object.assign(document.createElement(kind), { textContent: text });
  });
  place.querySelector("[data-diff-words]").replaceChildren(...nodes);
  const told = place.querySelector("[data-diff-count]");
  const [added, removed] = [count(list, "ins"), count(list, "del")];
  told.textContent = added + removed === 0 ? told.dataset.textNone : told.dataset.text.replace("%a", added).replace("%r", removed);
}

function placeOf(field) {
  return field.id ? document.querySelector(`[data-diff="${CSS.escape(field.id)}"]`) : null;
}

function later(event) {
  const field = event.target;
  const place = field.matches?.("textarea") ? placeOf(field) : null;
  if (!place) return;
  clearTimeout(timers.get(field));
  timers.set(field, setTimeout(() => draw(place, field), pause));
}

function all(within) {
  for (const place of within.querySelectorAll?.("[data-diff]") ?? []) {
    const field = document.getElementById(place.dataset.diff);
    if (field) draw(place, field);
  }
}

document.addEventListener("input", later);
document.addEventListener("touchstone:restored", later);
document.body.addEventListener("htmx:load", (event) => all(event.detail.elt.parentElement ?? event.detail.elt));
all(document);
