// One job: act on the keys that the page's controls name in data-key ("u", "1", "Alt+U", "Ctrl+Enter").
// Single-key commands are silent inside fields and can be switched off (WCAG 2.1.4); the sheet (?) lists all.
import { known, store } from "./settings.js";

const root = document.documentElement;
const chosen = JSON.parse(root.dataset.keymap ?? "{}"); // {command: letter}, where a person has put another
const sheet = document.querySelector("[data-keys-sheet]");
const singles = () => root.dataset.keys !== "off";

function switchSingles(on) {
  if (on) delete root.dataset.keys;
  else root.dataset.keys = "off";
}

// [data-command] names what a control does; its own letter takes the place of the ready one, with Alt where that had Alt.
function remap(within) {
  for (const node of within.querySelectorAll("[data-command]")) {
    const letter = chosen[node.dataset.command];
    if (!letter || node.dataset.key === undefined) continue;
    const alt = node.dataset.key.startsWith("Alt+");
    node.dataset.key = alt ? `Alt+${letter.toUpperCase()}` : letter;
    const cap = node.querySelector("kbd") ?? node.labels?.[0]?.querySelector("kbd");
    if (cap) cap.textContent = node.dataset.key;
  }
}

function isField(node) {
  if (!(node instanceof Element)) return false;
  if (node.isContentEditable || node.matches("textarea, select")) return true;
  return node.matches("input") && !["radio", "checkbox", "button", "submit", "reset", "range"].includes(node.type);
}

// "Alt+U" is read from the physical letter, because Alt changes event.key on some systems.
function nameOf(event) {
  const letter = /^Key([A-Z])$/.exec(event.code)?.[1] ?? /^Digit([0-9])$/.exec(event.code)?.[1];
  if (event.getModifierState("AltGraph") || (event.altKey && event.ctrlKey)) return "AltGr"; // writes a character
  if (event.altKey && letter) return `Alt+${letter}`;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return event.ctrlKey || event.metaKey ? `Ctrl+${key}` : key;
}

function usable(node) {
  const area = document.querySelector("dialog[open]") ?? document;
  return area.contains(node) && !node.closest("[inert]") && node.checkVisibility() && !node.disabled && node.ariaDisabled !== "true";
}

const bound = () => [...document.querySelectorAll("[data-key]")].filter(usable);
const same = (one, other) => one.toLowerCase() === other.toLowerCase();

function act(node) {
  if (node.closest(".htmx-request")) return; // an answer is under way; a second press must not answer the next item
  if (isField(node)) node.focus();
  else node.click();
}

function find(name, writing) {
  if (same(name, "Ctrl+Enter")) return [...document.querySelectorAll("[data-primary]")].find(usable);
  if (!name.includes("+") && (writing || (name.length === 1 && !singles()))) return undefined;
  const owner = bound().find((node) => same(node.dataset.key, name));
  if (owner || name !== "/") return owner;
  return [...document.querySelectorAll("[data-filter]")].find(usable);
}

function describe(node) {
  if (node.dataset.keyLabel) return node.dataset.keyLabel;
  const copy = (node.labels?.[0] ?? node).cloneNode(true);
  for (const extra of copy.querySelectorAll("kbd, small")) extra.remove();
  return copy.textContent.trim().replace(/\s+/g, " ") || node.ariaLabel || node.placeholder || "";
}

function rows() {
  const shown = (key) => (key.length === 1 ? key.toLowerCase() : key);
  const list = bound().map((node) => [shown(node.dataset.key), describe(node)]);
  if ([...document.querySelectorAll("[data-filter]")].some(usable)) list.push(["/", sheet.dataset.textFind]);
  if ([...document.querySelectorAll("[data-primary]")].some(usable)) list.push(["Ctrl+Enter", sheet.dataset.textAnswer]);
  return [...list, ["?", sheet.dataset.textSheet]];
}

function open() {
  if (!sheet || document.querySelector("dialog[open]")) return;
  const list = sheet.querySelector("[data-keys-list]");
  list.replaceChildren();
  for (const [key, label] of rows()) {
    const term = document.createElement("dt");
    const cap = document.createElement("kbd");
    const what = document.createElement("dd");
    cap.textContent = key.replace("Ctrl", sheet.dataset.textCtrl);
    what.textContent = label;
    term.append(cap);
    list.append(term, what);
  }
  sheet.querySelector("[data-keys-toggle]").checked = singles();
  sheet.showModal();
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.repeat) return;
  const writing = isField(event.target);
  if (event.key === "Escape" && writing && !document.querySelector("dialog[open]")) return void event.target.blur();
  if (event.shiftKey && event.key.length > 1) return;
  const name = nameOf(event);
  const node = find(name, writing);
  if (node) {
    event.preventDefault();
    act(node);
  } else if (name === "?" && !writing && singles()) {
    event.preventDefault();
    open();
  }
});

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-keys-open]")) open();
});
sheet?.querySelector("[data-keys-toggle]").addEventListener("change", (event) => {
  switchSingles(event.target.checked);
  store("single_keys", event.target.checked ? "on" : "off");
});
document.body.addEventListener("htmx:load", () => remap(document));
remap(document);
if (root.dataset.answerKeys) import("./answer-keys.js");
const switched = known("single_keys");
if (switched) switchSingles(switched === "on");
