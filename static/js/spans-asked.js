// One job: what a config asks about each region (perRegion). The questions of the selected region are drawn from the
// template of its label set; the answers of all regions stand in hidden fields, answer.<control>@<region id>.
const mark = "__region__";

export class Asked {
  constructor(desk) {
    this.desk = desk;
    this.blanks = new Map(desk.sets.map((set) => [set.name, set.node.querySelector("[data-region-blank]")]));
    this.store = desk.form.querySelector("[data-region-fields]");
    this.shown = null;
    this.rows = [...(this.store?.children ?? [])].map((field) => [field.name, field.value]); // replaced, never changed
    if (!this.store) return;
    desk.form.addEventListener("touchstone:restore", ({ detail }) => this.#restore(detail));
    for (const object of document.querySelectorAll("[data-region-asked]")) {
      for (const kind of ["input", "change"]) object.addEventListener(kind, (event) => this.#read(event.target));
    }
  }

  #blank(region) {
    return this.desk.sets.filter((set) => region.held.has(set.name)).map((set) => this.blanks.get(set.name)).find(Boolean);
  }

  isFor(region) {
    return Boolean(this.#blank(region));
  }

  // A draft kept in this browser: its fields are made before they are filled.
  #restore(kept) {
    this.put(kept.filter(([name]) => /^answer\..+@/.test(name)));
    this.shown = null;
  }

  // Answers of before, as an undo brings them back. What is drawn stays, and with it the focus.
  put(rows) {
    if (rows === this.rows) return;
    this.rows = rows;
    this.store.replaceChildren(...rows.map(([name, value]) => this.#field(name, value)));
    if (this.shown) this.#fill();
  }

  #field(name, value) {
    const field = document.createElement("textarea");
    field.name = name;
    field.value = value;
    field.ariaHidden = "true";
    return field;
  }

  #stored(name) {
    return [...this.store.querySelectorAll(`[name="${CSS.escape(name)}"]`)];
  }

  // The answers of a removed region stay, for undo; the server leaves them out.
  show(region) {
    if (!this.store) return;
    if (this.shown !== region?.id) this.#draw(region);
    if (region) this.#look(region);
    document.dispatchEvent(new Event("touchstone:region"));
  }

  #draw(region) {
    for (const place of document.querySelectorAll("[data-region-asked]")) place.replaceChildren();
    this.shown = region?.id ?? null;
    const blank = region && this.#blank(region);
    if (!blank) return;
    this.place = this.desk.objects.get(region.object).list.section.querySelector("[data-region-asked]");
    const copy = blank.content.cloneNode(true);
    for (const node of copy.querySelectorAll("*")) {
      for (const { name, value } of [...node.attributes]) if (value.includes(mark)) node.setAttribute(name, value.replaceAll(mark, region.id));
      // What is shown is a view of the hidden fields, and is not sent itself.
      if (node.matches("input, textarea, select, button")) node.setAttribute("form", "none");
      if (node.matches("[required]")) node.removeAttribute("required");
      if (node.id) node.id = `r-${node.id}`;
      for (const name of ["for", "aria-describedby", "aria-labelledby", "data-filter-for"]) if (node.hasAttribute(name)) node.setAttribute(name, `r-${node.getAttribute(name)}`);
    }
    this.place.append(copy);
    this.#fill();
  }

  #fill() {
    const taken = new Map();
    for (const field of this.place.querySelectorAll("[name]")) {
      const values = this.#stored(field.name).map((each) => each.value);
      if (field.matches("[type=radio], [type=checkbox]")) field.checked = values.includes(field.value);
      else if (!field.matches("button")) {
        const at = taken.get(field.name) ?? 0;
        taken.set(field.name, at + 1);
        field.value = values[at] ?? "";
      }
      field.dispatchEvent(new Event("touchstone:restored", { bubbles: true }));
    }
  }

  #given() {
    const isGiven = (field) => !field.matches("button") && (field.checked || !field.matches("[type=radio], [type=checkbox]"));
    const fields = [...this.place.querySelectorAll("[name]")].filter((field) => isGiven(field) && field.value !== "");
    return fields.filter((field) => !field.closest("[data-asked][hidden]")).map((field) => [field.name, field.value]);
  }

  #read(target) {
    if (!this.shown) return;
    const isOwn = ([name]) => name.endsWith(`@${this.shown}`);
    const [before, given] = [this.rows, this.#given()];
    if (JSON.stringify(before.filter(isOwn)) === JSON.stringify(given)) return;
    for (const field of [...this.store.children]) if (isOwn([field.name])) field.remove();
    this.store.append(...given.map(([name, value]) => this.#field(name, value)));
    this.rows = [...before.filter((row) => !isOwn(row)), ...given];
    this.#look(this.desk.region);
    const isWritten = !target.matches("[type=radio], [type=checkbox], select");
    this.desk.answered(before, this.shown, isWritten ? target.name : "");
  }

  // Questions that hang on the region's labels, or on another answer, come and go.
  #look(region) {
    for (const part of this.place?.querySelectorAll("[data-asked]") ?? []) {
      const rows = JSON.parse(part.dataset.conditions || "[]");
      part.hidden = !part.dataset.askedAbout.split(",").includes(region.object) || !rows.every((row) => this.#holds(row, region));
    }
  }

  #holds(row, region) {
    if (row.when === "no-region-selected") return false;
    if (row.when === "region-selected") {
      const labels = [...region.held.values()].flatMap((raw) => raw.value[raw.type] ?? []);
      const isOfTag = !row.tag || [...region.held.keys()][0] === row.tag;
      return isOfTag && (!row.values.length || row.values.some((label) => labels.includes(label)));
    }
    // Both stand in the form: what is said of this region in its hidden fields, what is said of the whole in its own.
    const form = new FormData(this.desk.form);
    const given = row.fields.flatMap((name) => form.getAll(name));
    const isChosen = row.values.length ? row.values.some((value) => given.includes(value)) : given.length > 0;
    return isChosen === (row.when === "choice-selected");
  }
}
