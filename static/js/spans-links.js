// One job: links between regions (Relations): begun at one, finished at another, listed with direction and labels.
export class Links {
  constructor(section, desk) {
    this.section = section;
    this.desk = desk;
    this.field = document.querySelector("[data-links-field]");
    this.rows = [];
    this.from = null;
    if (!section) return;
    document.querySelector("[data-regions]")?.append(section);
    this.list = section.querySelector("[data-links-list]");
    this.blank = section.querySelector("[data-link-row]");
    section.addEventListener("click", (event) => event.target.closest("[data-link-remove]") && this.#change(event, () => null));
    section.addEventListener("change", (event) => this.#changed(event));
  }

  load() {
    try {
      this.rows = JSON.parse(this.field?.value || "[]");
    } catch {
      this.rows = [];
    }
    this.from = null;
  }

  store() {
    if (this.field) this.field.value = this.rows.length ? JSON.stringify(this.rows) : "";
  }

  begin(id) {
    this.from = this.from === id ? null : id;
    this.desk.say(this.from ? "linking" : "");
    this.desk.select(this.desk.selected, true);
  }

  // Whether choosing this region was the second half of a link.
  finish(id) {
    const { from } = this;
    if (!from || from === id || !this.field) return false;
    this.from = null;
    const row = { from_id: from, to_id: id, type: "relation", direction: "right" };
    this.desk.edit(() => (this.rows = [...this.rows, row]));
    this.desk.select(from, true);
    this.desk.say("linked");
    return true;
  }

  // Links of regions that are gone go with them.
  drop(isThere) {
    this.rows = this.rows.filter((row) => isThere(row.from_id) && isThere(row.to_id));
    if (this.from && !isThere(this.from)) this.from = null;
  }

  #change(event, make) {
    const index = [...this.list.children].indexOf(event.target.closest("li"));
    const row = make(this.rows[index]);
    this.desk.edit(() => (this.rows = this.rows.flatMap((each, at) => (at === index ? row ?? [] : each))));
  }

  #changed(event) {
    const { target } = event;
    if (target.matches("[data-link-direction]")) return this.#change(event, (row) => ({ ...row, direction: target.value }));
    if (!target.matches("[type=checkbox]")) return;
    const isMultiple = "multiple" in this.section.dataset;
    const boxes = [...target.closest("li").querySelectorAll("[type=checkbox]")];
    if (!isMultiple) for (const box of boxes) box.checked = box === target && target.checked;
    const labels = boxes.filter((box) => box.checked).map((box) => box.value);
    this.#change(event, ({ labels: before, ...row }) => (labels.length ? { ...row, labels } : row));
  }

  show() {
    if (!this.section) return;
    this.section.hidden = !this.rows.length;
    this.section.querySelector("[data-links-count]").textContent = this.rows.length;
    if (this.drawn === this.rows && this.version === this.desk.regions) return;
    [this.drawn, this.version] = [this.rows, this.desk.regions];
    while (this.list.children.length > this.rows.length) this.list.lastElementChild.remove();
    while (this.list.children.length < this.rows.length) this.list.append(this.blank.content.cloneNode(true));
    this.rows.forEach((row, index) => this.#fill(this.list.children[index], row));
  }

  #fill(node, row) {
    const name = (id) => (this.desk.regions.has(id) ? this.desk.nameOf(this.desk.regions.get(id)) : id);
    node.querySelector("[data-link-from]").textContent = name(row.from_id);
    node.querySelector("[data-link-to]").textContent = name(row.to_id);
    node.querySelector("[data-link-arrow]").textContent = { left: "←", bi: "↔" }[row.direction] ?? "→";
    node.querySelector("[data-link-direction]").value = row.direction;
    for (const box of node.querySelectorAll("[type=checkbox]")) box.checked = row.labels?.includes(box.value) ?? false;
  }
}
