// One job: draw regions into a marked text. Each has a line of its own below the words (overlapping ones stand in lanes)
// in its label's colour and pattern, a tint, and its label's name at its end. Nothing of this is text of the page.
const most = 6; // lanes that are drawn; deeper ones share the last
const height = 4; // px from lane to lane
const patterns = [
  (c) => `linear-gradient(${c} 0 0)`,
  (c) => `repeating-linear-gradient(90deg, ${c} 0 8px, transparent 8px 11px)`,
  (c) => `repeating-linear-gradient(90deg, ${c} 0 3px, transparent 3px 6px)`,
  (c) => `repeating-linear-gradient(90deg, ${c} 0 9px, transparent 9px 11px, ${c} 11px 13px, transparent 13px 15px)`,
];
export const covered = new WeakMap(); // mark element to the regions that it lies in

// A colour from a config is kept only where the browser knows it; ink in it keeps the line visible on both grounds.
export function colourOf(label, index) {
  const given = label?.dataset.colour;
  return given && CSS.supports("color", given) ? given : `var(--c${(index % 4) + 1})`;
}

export function line(look, lane = 0) {
  const ink = `color-mix(in oklab, ${look.colour}, var(--ink) 45%)`;
  return `${patterns[look.index % patterns.length](ink)} 0 calc(100% - ${lane * height}px) / 100% 3px no-repeat`;
}

// A lane for each region, from left to right: the one it had, so that a change moves few others, else the first free.
export function lanesOf(regions, before) {
  const ends = [];
  const lanes = new Map();
  for (const region of [...regions].sort((one, other) => one.start - other.start || other.end - one.end)) {
    const isFree = (end = 0) => end <= region.start;
    let lane = before?.get(region.id) ?? -1;
    if (lane < 0 || !isFree(ends[lane])) lane = ends.findIndex(isFree);
    if (lane < 0) lane = ends.length;
    ends[lane] = region.end;
    lanes.set(region.id, Math.min(lane, most - 1));
  }
  return lanes;
}

function style(mark, regions, { lanes, looks, isSelected }) {
  const drawn = regions.flatMap((region) => looks(region).slice(0, 1).map((look) => line(look, lanes.get(region.id))));
  const tint = looks(regions[0])[0]?.colour ?? "var(--ink)";
  const depth = regions.some(isSelected) ? 32 : 14; // per cent
  mark.style.background = [...drawn, `linear-gradient(color-mix(in srgb, ${tint} ${depth}%, transparent) 0 0)`].join(", ");
  mark.style.paddingBottom = `${(Math.max(...regions.map((region) => lanes.get(region.id))) + 1) * height}px`;
}

function names(regions, looks) {
  return regions.map((region) => looks(region).map((look) => look.name).join(", ") || "?").join(" · ");
}

// One run, cut where a region begins or ends.
export function drawRun(text, run, regions, how) {
  const { lanes, looks, isSelected } = how;
  const words = text.flat.slice(run.start, run.end);
  if (!regions.length) return run.node.replaceChildren(words);
  const inside = regions.flatMap((region) => [region.start, region.end]).filter((edge) => edge > run.start && edge < run.end);
  const edges = [...new Set([run.start, ...inside, run.end])].sort((one, other) => one - other);
  const order = [...regions].sort((one, other) => lanes.get(one.id) - lanes.get(other.id));
  const pieces = edges.slice(0, -1).map((start, index) => {
    const end = edges[index + 1];
    const here = order.filter((region) => region.start < end && region.end > start);
    const part = words.slice(start - run.start, end - run.start);
    if (!here.length) return part;
    const mark = document.createElement("mark");
    mark.className = here.some(isSelected) ? "sp on" : "sp";
    mark.append(part);
    covered.set(mark, here);
    style(mark, here, how);
    const ending = here.filter((region) => region.end === end);
    if (ending.length) mark.dataset.l = names(ending, looks);
    return mark;
  });
  run.node.replaceChildren(...pieces);
}

// All runs that one of the changed regions touches.
export function draw(text, regions, changed, how) {
  const lists = new Map();
  const each = ({ start, end }, act) => {
    for (let index = text.index(start); index < text.runs.length && text.runs[index].start < end; index += 1) act(index);
  };
  for (const region of changed) each(region, (index) => lists.set(index, []));
  for (const region of regions) each(region, (index) => text.runs[index].end > region.start && lists.get(index)?.push(region));
  for (const [index, list] of lists) drawRun(text, text.runs[index], list, how);
}
