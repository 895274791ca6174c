// One job: one set of labels (Labels, HyperTextLabels, ParagraphLabels): which is chosen, what it writes into regions.
import { colourOf, line } from "./spans-draw.js";

export class LabelSet {
  constructor(node, desk) {
    this.node = node;
    this.desk = desk;
    this.field = node.querySelector("[data-spans-field]");
    this.name = node.dataset.spansControl;
    this.type = node.dataset.type; // the name of its labels in a region's value, too
    this.objects = JSON.parse(node.dataset.to);
    this.isMultiple = "multiple" in node.dataset;
    this.most = Number(node.dataset.max);
    this.places = JSON.parse(node.dataset.places ?? "{}");
    this.buttons = [...node.querySelectorAll("[data-label]")];
    this.byLabel = new Map(this.buttons.map((button, index) => [button.dataset.label, this.#look(button, index)]));
    this.chosen = this.buttons.filter((button) => "selected" in button.dataset).map((button) => button.dataset.label);
    node.addEventListener("click", (event) => this.#press(event));
    // The selection in the text must outlive the press that marks it.
    node.addEventListener("pointerdown", (event) => event.target.closest("[data-label]") && event.preventDefault());
    node.addEventListener("keydown", (event) => this.#first(event));
  }

  #look(button, index) {
    const look = { name: button.dataset.name, colour: colourOf(button, index), index, most: Number(button.dataset.max) || this.most };
    button.querySelector(".swatch").style.background = `${line(look)}, linear-gradient(color-mix(in srgb, ${look.colour} 14%, transparent) 0 0)`;
    return look;
  }

  // -- Between fields and regions
  stored() {
    try {
      return JSON.parse(this.field.value || "[]");
    } catch {
      return [];
    }
  }

  store(rows) {
    this.field.value = rows.length ? JSON.stringify(rows) : "";
  }

  raw(region, value, labels) {
    return { id: region.id, from_name: this.name, to_name: region.object, type: this.type, origin: "manual", value: { ...value, [this.type]: labels } };
  }

  with(raw, labels) {
    return { ...raw, value: { ...raw.value, [this.type]: labels } };
  }

  moved(raw, place) {
    const { start, end, startOffset, endOffset, globalOffsets, text, ...rest } = raw.value;
    return { ...raw, value: { ...place, ...rest } };
  }

  // -- What regions hold of it
  labelsOf(region) {
    return region.held.get(this.name)?.value[this.type] ?? [];
  }

  looks(region) {
    return this.labelsOf(region).map((label) => this.byLabel.get(label) ?? { name: label, colour: "var(--ink-2)", index: 0, most: 0 });
  }

  count(label) {
    return [...this.desk.regions.values()].filter((region) => this.labelsOf(region).includes(label)).length;
  }

  isFull(label) {
    const most = this.byLabel.get(label)?.most;
    return Boolean(most) && this.count(label) >= most;
  }

  // The labels of a region once a label is pressed; null where it may not be used again.
  after(region, label) {
    const held = this.labelsOf(region);
    if (held.includes(label)) return this.isMultiple ? held.filter((each) => each !== label) : held;
    if (this.isFull(label)) return null;
    return this.isMultiple ? [...held, label] : [label];
  }

  // -- Presses
  #press(event) {
    const button = event.target.closest("[data-label]");
    if (button) this.press(button.dataset.label);
  }

  press(label) {
    const { desk } = this;
    const { pending } = desk;
    if (pending && this.objects.includes(pending.text.name)) return desk.take([[this, [label]]]);
    if (desk.picked && desk.region && !desk.region.isLost && this.objects.includes(desk.region.object)) return desk.relabel(desk.region, this, label);
    const isOn = this.chosen.includes(label);
    this.chosen = isOn ? this.chosen.filter((each) => each !== label) : this.isMultiple ? [...this.chosen, label] : [label];
    desk.select(null, false);
    desk.say(isOn ? "dropped" : "chosen", this.byLabel.get(label).name);
  }

  // Enter in the filter takes the first that is left.
  #first(event) {
    if (event.key !== "Enter" || !event.target.matches("[data-filter]")) return;
    this.node.querySelector(".chip:not([hidden])")?.click();
  }

  show() {
    const region = this.desk.picked ? this.desk.region : null;
    const pressed = region ? this.labelsOf(region) : this.chosen;
    for (const button of this.buttons) {
      const { label } = button.dataset;
      button.setAttribute("aria-pressed", String(pressed.includes(label)));
      const used = button.querySelector("[data-used]");
      if (used) used.textContent = `${this.count(label)}/${this.byLabel.get(label).most}`;
    }
  }
}
