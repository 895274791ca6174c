// One job: turn what a person selects in a marked text into a region: by mouse, by finger, or with the caret.
// With the keyboard the text becomes a field that takes no changes, so that the browser's own caret, arrows and
// selection work in it (in every script and direction). With the mouse it stays plain text.
import { covered } from "./spans-draw.js";

export function watch(text, desk) {
  const { root } = text;
  const chosen = () => desk.sets.filter((set) => set.objects.includes(text.name) && set.chosen.length).map((set) => [set, set.chosen]);

  function look() {
    if (!root.isConnected) return document.removeEventListener("selectionchange", look);
    const found = text.selected();
    if (found) desk.hold(text, found);
    else if (desk.held?.text === text) desk.loosen();
  }

  // What is selected right now; the browser may tell of it later.
  function now() {
    const found = text.selected();
    if (found) desk.hold(text, found);
    return found;
  }

  // -- Mouse and pen: the selection is made when the button goes up, at once where it was drawn or clicked twice; a
  // single click may still fold an older one. A finger moves its handles then, and is heard through `look`.
  let begun = null;
  function down(event) {
    begun = event;
    document.addEventListener("mouseup", up, { once: true }); // also where the hand left the text
    caret(false);
  }

  function up(event) {
    if (begun?.pointerType === "touch" || event.button !== 0) return;
    const isDrawn = event.detail > 1 || (begun && Math.hypot(event.clientX - begun.clientX, event.clientY - begun.clientY) > 3);
    if (!isDrawn || !now()) return;
    if (chosen().length) desk.take(chosen());
    else desk.say("pending", text.words(desk.held.place).slice(0, 80));
  }

  // A click selects the innermost region under it; another one the next around it.
  function click(event) {
    if (!getSelection().isCollapsed) return;
    desk.drop();
    const regions = covered.get(event.target.closest(".sp")) ?? [];
    const inner = [...regions].sort((one, other) => one.end - one.start - (other.end - other.start));
    const next = inner[(inner.findIndex((region) => region.id === desk.selected) + 1) % inner.length];
    desk.select(next?.id ?? null, true);
    if (next) desk.listOf(next.id)?.reveal(next.id, false);
  }

  // -- Caret
  function caret(on) {
    if (on === root.isContentEditable) return;
    root.contentEditable = String(on);
    root.setAttribute("role", on ? "textbox" : "group");
    for (const name of ["aria-readonly", "aria-multiline"]) {
      if (on) root.setAttribute(name, "true");
      else root.removeAttribute(name);
    }
    if (!on) return;
    const selection = getSelection();
    const isHere = selection.rangeCount && root.contains(selection.anchorNode) && selection.anchorNode !== root;
    if (!isHere) selection.collapse(...text.pointAt(desk.region?.object === text.name ? desk.region.start : 0));
    desk.say("caret");
  }

  function key(event) {
    if (!root.isContentEditable || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const own = (button) => button.dataset.ownKey?.toLowerCase() === event.key.toLowerCase();
    const set = desk.sets.find((each) => each.objects.includes(text.name) && each.buttons.some(own));
    if (event.key === "Enter") {
      if (!now()) desk.say("empty");
      else if (chosen().length) desk.take(chosen());
      else desk.say("choose");
    } else if (set) {
      now();
      set.press(set.buttons.find(own).dataset.label);
    } else if (event.key === "Delete" && desk.region) desk.remove(desk.selected);
    else return;
    event.preventDefault();
  }

  root.inputMode = "none"; // no keyboard on the screen: nothing can be written here
  root.spellcheck = false;
  root.addEventListener("pointerdown", down);
  root.addEventListener("click", click);
  root.addEventListener("focus", () => root.matches(":focus-visible") && caret(true));
  root.addEventListener("blur", () => caret(false));
  root.addEventListener("keydown", key);
  root.addEventListener("beforeinput", (event) => event.preventDefault());
  root.addEventListener("drop", (event) => event.preventDefault());
  root.addEventListener("input", () => desk.redraw(text.name)); // an input method writes unasked; drawn anew, it is gone
  document.addEventListener("selectionchange", look);
}
