// One job: know the text of one marked object. It maps places in the page to places in one flat text and back.
// Inside this browser places are UTF-16 units, as JavaScript counts; results count code points (an emoji is one), and
// Paragraphs UTF-16 units within a turn. A <br> counts one, [data-gap] what the server left out there.
const highs = /[\ud800-\udbff](?=[\udc00-\udfff])/g;
const tableParts = /^(TABLE|THEAD|TBODY|TFOOT|TR|COLGROUP)$/;
const longest = 600; // characters of a piece; longer ones are cut before a space where there is one
const piece = /[^]{1,500}(?=\s|$)|[^]{1,500}(?!\p{M})/gu;
// Some 2,000 characters to the end of their last line; of a line without end, to a space.
const lines = /[^]{2000,4000}?\n|[^]{1,2500}$|[^]{2000,4000}?(?<=\s)|[^]{1,4000}/gu;
const segmenters = {};

function segments(text, granularity) {
  segmenters[granularity] ??= new Intl.Segmenter(undefined, { granularity });
  return segmenters[granularity].segment(text);
}

// How many of the sorted numbers lie below the given one.
function below(sorted, number) {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < number) low = middle + 1;
    else high = middle;
  }
  return low;
}

export class MarkedText {
  constructor(root) {
    this.root = root;
    this.name = root.dataset.spansText;
    this.kind = root.dataset.kind;
    this.granularity = root.dataset.granularity ?? "symbol";
    this.runs = []; // {node, start, end}: a piece of text that is drawn by itself
    this.turns = []; // where each turn of Paragraphs starts
    const parts = [];
    this.length = 0;
    for (const place of this.kind === "paragraphs" ? root.querySelectorAll("[data-turn]") : [root]) this.#read(place, parts);
    this.flat = parts.join("");
    this.starts = this.runs.map((run) => run.start);
    this.pairs = Array.from(this.flat.matchAll(highs), (found) => found.index); // in units
    this.pairPoints = this.pairs.map((unit, index) => unit - index); // the same in code points
    this.byNode = new Map(this.runs.map((run) => [run.node, run]));
  }

  #read(place, parts) {
    if (this.kind === "paragraphs") {
      if (this.turns.length) this.#count("\n", parts);
      this.turns.push(this.length);
    }
    const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    const found = [];
    while (walker.nextNode()) found.push(walker.currentNode);
    for (const node of found) {
      if (node.nodeType === Node.TEXT_NODE) this.#text(node, parts);
      else if (node.dataset.gap) this.#count("\0".repeat(Number(node.dataset.gap)), parts);
      else if (node.nodeName === "BR" && this.kind === "hypertext") this.#count("\n", parts);
    }
  }

  #count(text, parts) {
    parts.push(text);
    this.length += text.length;
  }

  // Plain text becomes blocks of some lines (those out of sight cost nothing), in short pieces, so that marking one draws
  // and lays out little of a long text.
  #text(node, parts) {
    if (this.kind !== "hypertext") return node.replaceWith(...(node.data.match(lines) ?? [""]).map((some) => this.#block(some, parts)));
    if (tableParts.test(node.parentNode.nodeName)) return this.#count(node.data, parts);
    node.replaceWith(...this.#pieces(node.data, parts));
  }

  #block(some, parts) {
    const block = document.createElement("div");
    block.className = "lines";
    block.append(...this.#pieces(some, parts));
    return block;
  }

  #pieces(text, parts) {
    const pieces = text.length > longest ? text.match(piece) : [text];
    return pieces.map((words) => {
      const node = document.createElement("span");
      const start = this.length;
      this.#count(words, parts);
      node.className = "run";
      node.append(words);
      this.runs.push({ node, start, end: this.length });
      return node;
    });
  }

  // -- Units and code points
  toPoints(unit) {
    return unit - below(this.pairs, unit);
  }

  toUnits(point) {
    return point + below(this.pairPoints, point);
  }

  // A place that no character is cut by: not between the halves of a pair.
  whole(unit, forward) {
    const cuts = unit > 0 && /[\udc00-\udfff]/.test(this.flat[unit] ?? "") && /[\ud800-\udbff]/.test(this.flat[unit - 1]);
    return cuts ? unit + (forward ? 1 : -1) : unit;
  }

  // -- Places in the page
  index(unit) {
    return Math.max(below(this.starts, unit + 1) - 1, 0);
  }

  unitAt(node, offset) {
    const element = node.nodeType === Node.TEXT_NODE ? node.parentElement : node;
    const run = this.byNode.get(element?.closest?.(".run"));
    if (!run) return this.#beside(node, offset);
    const range = document.createRange();
    range.setStart(run.node, 0);
    range.setEnd(node, offset);
    return run.start + range.toString().length;
  }

  // The first run that starts behind a place outside of all runs.
  #beside(node, offset) {
    const range = document.createRange();
    range.setStart(node, offset);
    let [low, high] = [0, this.runs.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (range.comparePoint(this.runs[middle].node, 0) < 0) low = middle + 1;
      else high = middle;
    }
    return low < this.runs.length ? this.runs[low].start : this.flat.length;
  }

  // [text node, offset] for a place.
  pointAt(unit) {
    const run = this.runs[this.index(unit)];
    let left = Math.min(unit, run.end) - run.start;
    const walker = document.createTreeWalker(run.node, NodeFilter.SHOW_TEXT);
    let last = null;
    while (walker.nextNode()) {
      last = walker.currentNode;
      if (left <= last.length) return [last, Math.max(left, 0)];
      left -= last.length;
    }
    return [last ?? run.node, last?.length ?? 0];
  }

  // Drawing anew takes the caret away; what this gives puts it back. Undefined where none is in this text.
  caret() {
    const { anchorNode, anchorOffset, focusNode, focusOffset } = getSelection();
    if (!this.root.isContentEditable || !this.root.contains(focusNode)) return undefined;
    const [anchor, focus] = [this.unitAt(anchorNode, anchorOffset), this.unitAt(focusNode, focusOffset)];
    return () => getSelection().setBaseAndExtent(...this.pointAt(anchor), ...this.pointAt(focus));
  }

  // What is selected of this text, whole and trimmed; null where the selection did not begin in it. What reaches out
  // of it ends with it.
  selected() {
    const selection = getSelection();
    if (!selection.rangeCount || selection.isCollapsed || !this.root.contains(selection.anchorNode)) return null;
    const range = selection.getRangeAt(0);
    const start = this.root.contains(range.startContainer) ? this.unitAt(range.startContainer, range.startOffset) : 0;
    const end = this.root.contains(range.endContainer) ? this.unitAt(range.endContainer, range.endOffset) : this.flat.length;
    return this.trimmed(start, end);
  }

  trimmed(start, end) {
    [start, end] = [this.whole(start, false), this.whole(end, true)];
    if (!this.flat.slice(start, end).replaceAll("\0", "").trim()) return null;
    const place = this.bare(start, end);
    return this.granularity === "symbol" ? place : this.grown(place.start, place.end);
  }

  // Without white space at its edges.
  bare(start, end) {
    const words = this.flat.slice(start, end);
    if (!words.trim()) return { start, end };
    return { start: start + words.length - words.trimStart().length, end: end - words.length + words.trimEnd().length };
  }

  // Out to whole words, sentences or lines.
  grown(start, end) {
    if (this.granularity === "paragraph") {
      const close = this.flat.indexOf("\n", end - 1);
      return { start: this.flat.lastIndexOf("\n", start - 1) + 1, end: close < 0 ? this.flat.length : Math.max(close, end) };
    }
    const first = this.#segment(start, this.granularity);
    const last = this.#segment(end - 1, this.granularity);
    return { start: first.start, end: last.start + last.words.trimEnd().length || end };
  }

  #segment(unit, granularity) {
    const from = Math.max(this.flat.lastIndexOf("\n", unit - 1) + 1, unit - 2000, 0);
    const found = segments(this.flat.slice(from, unit + 2000), granularity).containing(unit - from);
    return { start: from + found.index, words: found.segment, isWord: found.isWordLike };
  }

  // The next edge from a place, by character (whole, with its combining marks) or by word.
  step(unit, forward, byWord) {
    if (forward ? unit >= this.flat.length : unit <= 0) return unit;
    let found = this.#segment(forward ? unit : unit - 1, byWord ? "word" : "grapheme");
    let edge = forward ? found.start + found.words.length : found.start;
    while (byWord && !found.isWord && edge > 0 && edge < this.flat.length) {
      found = this.#segment(forward ? edge : edge - 1, "word");
      edge = forward ? found.start + found.words.length : found.start;
    }
    return edge;
  }

  // -- How results write a place
  placeOf(value) {
    const offsets = this.kind === "hypertext" ? value.globalOffsets : value;
    if (this.kind !== "paragraphs") return offsets ? { start: this.toUnits(Number(offsets.start)), end: this.toUnits(Number(offsets.end)) } : null;
    return { start: this.turns[value.start] + Number(value.startOffset), end: this.turns[value.end] + Number(value.endOffset) };
  }

  // Without words and XPaths: the server knows them, and adds them.
  valueOf({ start, end }) {
    if (this.kind === "paragraphs") return this.#turnsOf(start, end);
    const points = { start: this.toPoints(start), end: this.toPoints(end) };
    return this.kind === "hypertext" ? { globalOffsets: points } : points;
  }

  #turnsOf(start, end) {
    const turn = (unit) => below(this.turns, unit + 1) - 1;
    const [first, last] = [turn(start), turn(end - 1)];
    return { start: String(first), end: String(last), startOffset: start - this.turns[first], endOffset: end - this.turns[last] };
  }

  words({ start, end }) {
    return this.flat.slice(start, end).replaceAll("\0", "");
  }
}
