// One job: move through a grid of items. Arrow keys go to the neighbour; after an answer the next open item gets the focus,
// and after the last one the button that brings more. Number keys follow the focus by widget-keys.js.
const tiles = () => [...document.querySelectorAll("[data-tile]")];
const accept = (tile) => tile?.querySelector("[data-accept]");
const isField = (node) => node.matches("select, textarea, input:not([type=hidden])");
let after = 0; // the place of the tile that is being answered

function centre(tile) {
  const box = tile.getBoundingClientRect();
  return [box.left + box.width / 2, box.top + box.height / 2];
}

// The nearest tile in that direction; sideways goes on in the next row, as reading does.
function neighbour(tile, key) {
  const all = tiles();
  const place = all.indexOf(tile);
  const forward = document.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
  if (key === "ArrowRight" || key === "ArrowLeft") return all[place + (key === forward ? 1 : -1)];
  const [x, y] = centre(tile);
  const sign = key === "ArrowDown" ? 1 : -1;
  const far = (other) => [Math.abs(centre(other)[1] - y), Math.abs(centre(other)[0] - x)];
  const ahead = all.filter((other) => sign * (centre(other)[1] - y) > 8);
  return ahead.sort((one, other) => far(one)[0] - far(other)[0] || far(one)[1] - far(other)[1])[0];
}

document.addEventListener("keydown", (event) => {
  if (!event.key.startsWith("Arrow") || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (document.querySelector("dialog[open]") || isField(event.target) || event.target.closest(".tile-stage")) return;
  const tile = event.target.closest("[data-tile]");
  const next = tile ? neighbour(tile, event.key) : tiles()[0];
  if (!next) return;
  event.preventDefault();
  accept(next).focus();
});

document.body.addEventListener("htmx:beforeRequest", (event) => {
  const tile = event.detail.elt.closest("[data-tile]");
  if (tile) after = tiles().indexOf(tile);
});

function remember(done) {
  if (!done.dataset.answer) return;
  document.getElementById("grid-last").value = done.dataset.answer;
  document.getElementById("grid-last-words").textContent = ` “${done.dataset.words}”`;
}

document.body.addEventListener("htmx:load", (event) => {
  const node = event.detail.elt;
  if (node.matches("[data-tile-done]")) {
    remember(node);
    (accept(tiles()[after] ?? tiles().at(-1)) ?? document.querySelector("[data-grid-more] button"))?.focus();
  } else if (node.matches("[data-tile]")) {
    accept(node).focus();
  } else if (node.matches("[data-grid]")) {
    (accept(tiles()[0]) ?? node.querySelector("[data-primary]") ?? node).focus();
  }
});
document.body.addEventListener("item-answered", (event) => {
  const said = document.querySelector("[data-announce]");
  if (said) said.textContent = event.detail.words ? `${said.dataset.text}: ${event.detail.words}` : "";
});
if (!document.querySelector("dialog[open]")) accept(tiles()[0])?.focus({ preventScroll: true });
