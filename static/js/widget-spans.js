// One job: mark regions in texts. This module holds what is marked, and its history; others know the text, draw, list,
// link and ask. The hidden fields hold Label Studio's regions as they came: what nobody touches goes back unchanged.
import { draw, lanesOf } from "./spans-draw.js";
import { LabelSet } from "./spans-labels.js";
import { Links } from "./spans-links.js";
import { RegionList } from "./spans-list.js";
import { Asked } from "./spans-asked.js";
import { watch } from "./spans-select.js";
import { MarkedText } from "./spans-text.js";

const steps = 200; // that can be undone
const patience = 700; // ms; a tap on a label may fold the selection before the label hears of it
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(10)), (byte) => letters[byte & 63]).join("");
}

// What is marked in one form. A region is never changed, only replaced: {id, object, start, end, held}, where `held`
// has the raw region of each label set by the set's name. `isLost`: its place is not in the text.
class Desk {
  constructor(form, sets) {
    this.form = form;
    this.sets = sets.map((node) => new LabelSet(node, this));
    const roots = [...document.querySelectorAll("[data-spans-text]")];
    this.objects = new Map(roots.map((root) => [root.dataset.spansText, { text: new MarkedText(root) }]));
    this.past = [];
    this.future = [];
    this.selected = null;
    this.picked = false; // chosen by the person, so that labels and keys act on it
    this.asked = new Asked(this);
    for (const [name, object] of this.objects) object.list = new RegionList(document.querySelector(`[data-regions="${CSS.escape(name)}"]`), this, object.text);
    this.links = new Links(document.querySelector("[data-links]"), this);
    for (const object of this.objects.values()) watch(object.text, this);
    this.load();
  }

  // -- From and to the fields
  load() {
    const before = [...(this.regions?.values() ?? [])];
    this.regions = new Map();
    for (const set of this.sets) for (const raw of set.stored()) this.#take(set, raw);
    this.past = [];
    this.future = [];
    this.selected = null;
    this.links.load();
    this.#show(before, [...this.regions.values()]);
  }

  #take(set, raw) {
    const id = raw.id ?? newId();
    const known = this.regions.get(id);
    if (known) return void known.held.set(set.name, raw);
    const text = this.objects.get(raw.to_name)?.text;
    // What was moved here has no words yet, and its numbers count; else the server may know better.
    const isMoved = !("text" in raw.value) && (raw.value.globalOffsets || typeof raw.value.start === "number");
    const place = (isMoved ? null : set.places[id]) ?? text?.placeOf(raw.value);
    const fits = place && place.start >= 0 && place.start < place.end && place.end <= text.flat.length;
    this.regions.set(id, { id, object: raw.to_name, held: new Map([[set.name, raw]]), ...(fits ? place : { start: 0, end: 0, isLost: true }) });
  }

  #store() {
    const all = [...this.regions.values()];
    for (const set of this.sets) set.store(all.map((region) => region.held.get(set.name)).filter(Boolean));
    this.links.store();
    this.sets[0].field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // -- Changes
  // `change` gets a copy of the regions to change. Everything that came with it can be undone in one step.
  edit(change) {
    const before = this.#state();
    this.regions = new Map(before.regions);
    change(this.regions);
    this.#remember(before);
    this.#settle(before.regions);
  }

  // An answer about a region has changed; `rows` are the answers of before. Words written into one field are one step.
  answered(rows, about, writes) {
    const last = this.past.at(-1);
    if (!writes || last?.writes !== writes) this.#remember({ ...this.#state(), rows, about, writes });
    this.future = [];
    this.sets[0].field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  #state() {
    return { regions: this.regions, links: this.links.rows, rows: this.asked.rows };
  }

  #remember(before) {
    this.past = [...this.past.slice(1 - steps), before];
    this.future = [];
  }

  #settle(before) {
    this.links.drop((id) => this.regions.has(id));
    if (!this.regions.has(this.selected)) this.selected = null;
    const gone = [...before.values()].filter((region) => this.regions.get(region.id) !== region);
    const fresh = [...this.regions.values()].filter((region) => before.get(region.id) !== region);
    this.#show(gone, fresh);
    this.#store();
  }

  undo(from = this.past, to = this.future) {
    if (!from.length) return;
    const before = this.regions;
    const { regions, links, rows, about } = from.pop();
    to.push({ ...this.#state(), about });
    [this.regions, this.links.rows] = [regions, links];
    this.asked.put(rows);
    this.#settle(before);
    if (about && about !== this.selected) this.select(about, true); // where it can be seen
    this.say("undone");
  }

  redo() {
    this.undo(this.future, this.past);
  }

  // -- What is selected in a text and waits for its label
  hold(text, place) {
    this.held = { text, place };
    this.until = Infinity;
    this.#keys(text.name);
    this.#float();
  }

  loosen() {
    if (this.until !== Infinity) return;
    this.until = performance.now() + patience;
    setTimeout(() => this.#float(), patience);
  }

  drop() {
    this.held = null;
    this.#float();
  }

  // Where the labels do not stand beside the text (on a phone), they come up to what is selected.
  #float() {
    for (const set of this.sets) set.node.classList.toggle("floating", Boolean(this.pending && set.objects.includes(this.pending.text.name)));
  }

  get pending() {
    return this.held && performance.now() < this.until ? this.held : null;
  }

  // Marks what waits; `chosen` has [label set, labels].
  take(chosen) {
    const { text, place } = this.pending;
    this.drop();
    const selection = getSelection();
    if (text.root.isContentEditable && selection.rangeCount) selection.collapseToEnd();
    else selection.removeAllRanges();
    this.mark(text, place, chosen);
  }

  // -- What a person does
  mark(text, place, chosen) {
    const full = chosen.flatMap(([set, labels]) => labels.filter((label) => set.isFull(label)));
    if (full.length) return this.say("full", full[0]);
    const twin = this.at(text.name).find((region) => region.start === place.start && region.end === place.end && chosen.every(([set, labels]) => labels.every((label) => set.labelsOf(region).includes(label))));
    if (twin) return this.select(twin.id, true);
    const region = { id: newId(), object: text.name, ...place, held: new Map() };
    for (const [set, labels] of chosen) region.held.set(set.name, set.raw(region, text.valueOf(place), labels));
    this.edit((regions) => regions.set(region.id, region));
    this.select(this.asked.isFor(region) ? region.id : null, false);
    this.say("marked", this.nameOf(region));
  }

  relabel(region, set, label) {
    const labels = set.after(region, label);
    if (!labels) return this.say("full", label);
    const held = new Map(region.held);
    const old = held.get(set.name);
    if (labels.length) held.set(set.name, old ? set.with(old, labels) : set.raw(region, this.#text(region).valueOf(region), labels));
    else held.delete(set.name);
    if (!held.size) return this.say("last");
    this.edit((regions) => regions.set(region.id, { ...region, held }));
    this.say("relabelled", this.nameOf(this.regions.get(region.id)));
  }

  // Moves an edge; words and XPaths go, and the server writes them anew.
  move(region, start, end) {
    const text = this.#text(region);
    if (region.isLost || start < 0 || end > text.flat.length || start >= end) return;
    const value = text.valueOf({ start, end });
    const held = new Map([...region.held].map(([name, raw]) => [name, this.sets.find((set) => set.name === name).moved(raw, value)]));
    this.edit((regions) => regions.set(region.id, { ...region, start, end, held }));
    this.say("moved", this.nameOf(this.regions.get(region.id)));
  }

  nudge(region, edge, forward, byWord) {
    const text = this.#text(region);
    const unit = text.step(region[edge], forward, byWord);
    const [start, end] = edge === "start" ? [unit, region.end] : [region.start, unit];
    const place = byWord && start < end ? text.bare(start, end) : { start, end };
    this.move(region, place.start, place.end);
  }

  remove(id) {
    const region = this.regions.get(id);
    if (!region) return;
    const next = this.#neighbour(id, 1) ?? this.#neighbour(id, -1);
    this.edit((regions) => regions.delete(id));
    this.select(this.picked && next !== id ? next : null, this.picked);
    this.say("removed", this.nameOf(region));
  }

  select(id, picked) {
    if (id && this.links.finish(id)) return;
    const changed = [this.selected, id].map((each) => this.regions.get(each)).filter(Boolean);
    this.selected = id;
    this.picked = Boolean(id) && picked;
    this.#keys(this.region?.object);
    this.#show([], [], changed);
  }

  // Number keys go back to the labels, unless somebody is in another question.
  #keys(object) {
    const sets = this.sets.filter((set) => !object || set.objects.includes(object));
    const isAway = document.activeElement?.closest("[data-question]:not([data-spans-control])");
    if (sets.length && !isAway && !sets.some((set) => set.node.hasAttribute("data-has-keys"))) sets[0].node.dispatchEvent(new Event("touchstone:keys", { bubbles: true }));
  }

  // While a link looks for its other end, only the focus walks; Enter takes what it is on.
  walk(by) {
    const from = this.links.from ? (document.activeElement.dataset.region ?? this.links.from) : this.selected;
    const id = from ? this.#neighbour(from, by) : this.#ordered()[by > 0 ? 0 : this.regions.size - 1]?.id;
    if (!id) return;
    if (!this.links.from) this.select(id, true);
    this.listOf(id)?.reveal(id);
  }

  // -- What others ask
  // Draws a text anew, as when an input method wrote into it.
  redraw(name) {
    const all = this.at(name).filter((each) => !each.isLost);
    const { text, list } = this.objects.get(name);
    draw(text, all, [{ start: 0, end: text.flat.length }], { lanes: list.lanes, isSelected: (each) => each.id === this.selected, looks: (each) => this.looks(each) });
  }

  get region() {
    return this.regions.get(this.selected);
  }

  at(object) {
    return [...this.regions.values()].filter((region) => region.object === object);
  }

  looks(region) {
    return this.sets.flatMap((set) => set.looks(region));
  }

  nameOf(region) {
    const names = this.looks(region).map((look) => look.name).join(", ");
    return `${names}: ${this.wordsOf(region)}`;
  }

  wordsOf(region, most = 80) {
    const words = region.isLost ? "" : this.#text(region).words(region).replace(/\s+/g, " ");
    return words.length > most ? `${words.slice(0, most - 1)}…` : words;
  }

  listOf(id) {
    return this.objects.get(this.regions.get(id)?.object)?.list;
  }

  say(what, words = "") {
    const place = document.querySelector("[data-regions-said]");
    if (place) place.textContent = (place.dataset[what] ?? "").replace("%s", words).replace("%n", this.regions.size);
  }

  #text(region) {
    return this.objects.get(region.object).text;
  }

  #ordered() {
    return [...this.regions.values()].sort((one, other) => one.object.localeCompare(other.object) || one.start - other.start || one.end - other.end);
  }

  #neighbour(id, by) {
    const all = this.#ordered();
    return all[all.findIndex((region) => region.id === id) + by]?.id;
  }

  #show(gone, fresh, touched = []) {
    const [region, isSelected] = [this.region, (each) => each.id === this.selected];
    for (const [name, { text, list }] of this.objects) {
      const here = this.at(name).filter((each) => !each.isLost);
      const lanes = lanesOf(here, list.lanes);
      const shifted = here.filter((each) => list.lanes?.get(each.id) !== lanes.get(each.id));
      const changed = [...gone, ...fresh, ...touched, ...shifted].filter((each) => each.object === name && !each.isLost);
      const back = text.caret();
      draw(text, here, changed, { lanes, isSelected, looks: (each) => this.looks(each) });
      back?.();
      list.lanes = lanes;
      list.show(this.at(name), fresh, region?.object === name ? region : null);
    }
    for (const set of this.sets) set.show();
    this.asked.show(region);
    this.links.show();
  }
}

// -- One desk for each form that has label sets
const desks = new WeakMap();

function start() {
  const sets = [...document.querySelectorAll("[data-spans-control]")];
  for (const form of new Set(sets.map((node) => node.querySelector("[data-spans-field]").form))) {
    const own = sets.filter((node) => node.querySelector("[data-spans-field]").form === form);
    if (form && desks.get(form)?.sets[0].node !== own[0]) desks.set(form, new Desk(form, own));
  }
}

const current = () => desks.get(document.querySelector("[data-spans-field]")?.form);

document.addEventListener("touchstone:restored", (event) => {
  if (event.target.matches("[data-spans-field], [data-links-field]")) desks.get(event.target.form)?.load();
});
document.addEventListener("keydown", (event) => current()?.sets.length && keys(event, current()));
document.body.addEventListener("htmx:load", start);

function keys(event, desk) {
  const field = event.target.closest?.("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable=true]");
  if (event.defaultPrevented || (field && !field.matches("[data-spans-text]"))) return;
  const name = `${event.ctrlKey || event.metaKey ? "Ctrl+" : ""}${event.altKey ? "Alt+" : ""}${event.shiftKey ? "Shift+" : ""}${event.key}`;
  const arrow = /^(Ctrl\+)?(Alt\+)?Shift\+Arrow(Left|Right)$/.exec(name);
  if (/^Ctrl\+z$/i.test(name)) desk.undo();
  else if (/^Ctrl\+(Shift\+z|y)$/i.test(name)) desk.redo();
  else if (arrow && !field && !event.target.matches?.("input") && desk.picked && desk.region) desk.nudge(desk.region, arrow[2] ? "start" : "end", arrow[3] === "Right", Boolean(arrow[1]));
  else return;
  event.preventDefault();
}

start();
