// One job: the list of an object's regions, in their order in the text, and the tools for the selected one. Its rows are
// <div>s: the page's rules for an <li> by its place would make a browser look at all that follow a new one.
import { line } from "./spans-draw.js";

export class RegionList {
  constructor(section, desk, text) {
    this.section = section;
    this.desk = desk;
    this.text = text;
    this.list = section.querySelector("[data-regions-list]");
    this.tools = section.querySelector("[data-region-tools]");
    this.rows = new Map();
    section.hidden = false;
    section.addEventListener("click", (event) => this.#click(event));
    section.addEventListener("change", (event) => this.#edge(event));
  }

  show(regions, fresh, selected) {
    const changed = new Set(fresh.map((region) => region.id));
    const known = new Set(regions.map((region) => region.id));
    for (const [id, row] of this.rows) if (!known.has(id)) this.#drop(id, row);
    const ordered = [...regions].sort((one, other) => one.start - other.start || one.end - other.end);
    ordered.forEach((region, index) => {
      if (changed.has(region.id) || !this.rows.has(region.id)) this.#fill(region);
      const row = this.rows.get(region.id);
      if (this.list.children[index] !== row) this.list.insertBefore(row, this.list.children[index] ?? null);
    });
    this.section.querySelector("[data-regions-count]").textContent = regions.length;
    this.section.querySelector("[data-regions-none]").hidden = regions.length > 0;
    if (this.current !== selected?.id) {
      this.rows.get(this.current)?.firstElementChild.removeAttribute("aria-current");
      this.rows.get(selected?.id)?.firstElementChild.setAttribute("aria-current", "true");
      this.current = selected?.id;
    }
    this.#tool(selected);
  }

  // The focus goes to the next row before its own goes, so that it is never lost and the list stays where it is.
  #drop(id, row) {
    const next = row.nextElementSibling ?? row.previousElementSibling;
    if (row.contains(document.activeElement)) next?.firstElementChild.focus({ preventScroll: true });
    row.remove();
    this.rows.delete(id);
  }

  #fill(region) {
    const row = this.rows.get(region.id) ?? document.createElement("div");
    row.role = "listitem";
    const button = row.firstElementChild ?? document.createElement("button");
    const looks = this.desk.looks(region);
    button.type = "button";
    button.dataset.region = region.id;
    const swatch = Object.assign(document.createElement("span"), { className: "swatch" });
    swatch.ariaHidden = "true";
    if (looks[0]) swatch.style.background = line(looks[0]);
    const name = Object.assign(document.createElement("b"), { textContent: looks.map((look) => look.name).join(", ") || "?" });
    const words = Object.assign(document.createElement("span"), { dir: "auto", textContent: this.desk.wordsOf(region) });
    button.replaceChildren(swatch, name, " ", words);
    if (!row.firstElementChild) row.append(button);
    this.rows.set(region.id, row);
  }

  #tool(region) {
    const { tools, desk } = this;
    tools.hidden = !region;
    if (!region) return tools.removeAttribute("data-region-selected");
    const looks = desk.looks(region);
    tools.querySelector("[data-region-names]").textContent = looks.map((look) => look.name).join(", ");
    tools.querySelector("[data-region-words]").textContent = desk.wordsOf(region, 200);
    for (const edge of ["start", "end"]) {
      const field = tools.querySelector(`[data-edge="${edge}"]`);
      field.value = this.text.toPoints(region[edge]);
      field.disabled = Boolean(region.isLost);
    }
    tools.querySelector("[data-region-do=link]").setAttribute("aria-pressed", String(desk.links.from === region.id));
    tools.setAttribute("data-region-selected", region.id);
    tools.dataset.regionTag = [...region.held.keys()][0];
    tools.dataset.regionLabels = JSON.stringify([...region.held.values()].flatMap((raw) => raw.value[raw.type] ?? []));
  }

  #click(event) {
    const { desk } = this;
    const row = event.target.closest("[data-region]");
    if (row) {
      desk.select(row.dataset.region, true);
      this.reveal(row.dataset.region, false);
      return;
    }
    const nudge = event.target.closest("[data-nudge]")?.dataset.nudge.split(" ");
    if (nudge && desk.region) return desk.nudge(desk.region, nudge[0], nudge[1] === "on", nudge[2] === "word");
    switch (event.target.closest("[data-region-do]")?.dataset.regionDo) {
      case "remove": return desk.remove(desk.selected);
      case "link": return desk.links.begin(desk.selected);
      case "previous": return desk.walk(-1);
      case "next": return desk.walk(1);
      case "undo": return desk.undo();
    }
  }

  #edge(event) {
    const { edge } = event.target.dataset;
    const region = this.desk.region;
    if (!edge || !region) return;
    const unit = this.text.toUnits(Number(event.target.value));
    if (edge === "start") this.desk.move(region, unit, region.end);
    else this.desk.move(region, region.start, unit);
    event.target.value = this.text.toPoints(this.desk.region[edge]);
  }

  // Both sides come into view: the row, and the words unless they were just pressed.
  reveal(id, alsoRow = true) {
    const region = this.desk.regions.get(id);
    const button = this.rows.get(id)?.firstElementChild;
    if (alsoRow) button?.focus({ preventScroll: true });
    button?.scrollIntoView({ block: "nearest" });
    if (region?.isLost) return;
    const [node] = this.text.pointAt(region.start + 1);
    node.parentElement.scrollIntoView({ block: "nearest" });
    this.desk.say("selected", this.desk.nameOf(region));
  }
}
