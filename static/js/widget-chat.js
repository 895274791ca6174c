// One job: add messages to a conversation, change and remove them ([data-chat]). One hidden field holds Label Studio's
// regions as they came; each message brings the questions that are asked about it, drawn from a template.
const mark = "__region__";
const fieldOf = (area) => area.querySelector("[data-chat-field]");
const listOf = (area) => area.querySelector("[data-messages]");
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(10)), (byte) => letters[byte & 63]).join("");

function stored(area) {
  try {
    const rows = JSON.parse(fieldOf(area).value || "[]");
    return Array.isArray(rows) ? rows : [];
  } catch {
    return [];
  }
}

function store(area, rows) {
  fieldOf(area).value = rows.length ? JSON.stringify(rows) : "";
  fieldOf(area).dispatchEvent(new Event("input", { bubbles: true }));
}

function isEditable(area, role) {
  const { editable } = area.dataset;
  return editable === "true" || (editable !== "false" && editable.split(",").map((each) => each.trim()).includes(role));
}

// A copy of the blank message, with the new id in every name and reference.
function draw(area, { id, value }) {
  const copy = area.querySelector("[data-message-blank]").content.cloneNode(true);
  for (const node of copy.querySelectorAll("*")) {
    for (const { name, value: given } of [...node.attributes]) {
      if (given.includes(mark)) node.setAttribute(name, given.replaceAll(mark, id));
      else if (["id", "for", "aria-describedby", "aria-labelledby", "data-filter-for"].includes(name)) node.setAttribute(name, `${given}-${id}`);
    }
  }
  const message = copy.querySelector("[data-message]");
  message.dataset.regionRole = value.chatmessage.role;
  message.querySelector("[data-who]").textContent = value.chatmessage.role;
  message.querySelector("[data-content]").value = value.chatmessage.content;
  return message;
}

function settle(area) {
  const messages = [...listOf(area).children];
  const given = Number(area.dataset.given);
  messages.forEach((message, index) => {
    const role = message.dataset.regionRole;
    const content = message.querySelector("[data-content]");
    content.ariaLabel = area.dataset.textMessage.replace("%n", given + index + 1).replace("%r", role);
    content.readOnly = !isEditable(area, role);
    message.querySelector("[data-remove]").ariaLabel = area.dataset.textRemove.replace("%n", given + index + 1);
  });
  const most = Number(area.dataset.most);
  area.querySelector("[data-new]").hidden = most > 0 && given + messages.length >= most;
}

function show(area) {
  const drawn = new Map([...listOf(area).children].map((message) => [message.dataset.message, message]));
  listOf(area).replaceChildren(...stored(area).map((row) => drawn.get(row.id) ?? draw(area, row)));
  settle(area);
  document.dispatchEvent(new Event("touchstone:region"));
}

const say = (area, text) => { area.querySelector("[data-chat-said]").textContent = text; };

function add(area) {
  const text = area.querySelector("[data-new-text]");
  if (!text.value.trim()) return text.focus();
  const select = area.querySelector("[data-new-role]");
  const chatmessage = { role: select.value, content: text.value, createdAt: Date.now() };
  store(area, [...stored(area), { id: newId(), value: { chatmessage } }]);
  show(area);
  say(area, area.dataset.textAdded);
  text.value = "";
  select.selectedIndex = (select.selectedIndex + 1) % select.options.length; // the other one answers
  (area.querySelector("[data-new]").hidden ? listOf(area).lastElementChild.querySelector("[data-content]") : text).focus();
}

function remove(area, message) {
  const next = message.nextElementSibling ?? message.previousElementSibling;
  store(area, stored(area).filter((row) => row.id !== message.dataset.message));
  show(area);
  say(area, area.dataset.textRemoved);
  (next?.querySelector("[data-remove]") ?? area.querySelector("[data-new-text]")).focus();
}

document.addEventListener("click", (event) => {
  const area = event.target.closest?.("[data-chat]");
  if (!area) return;
  if (event.target.closest("[data-add]")) add(area);
  else if (event.target.closest("[data-remove]")) remove(area, event.target.closest("[data-message]"));
});

document.addEventListener("input", (event) => {
  const content = event.target.closest?.("[data-chat] [data-content]");
  if (!content) return;
  const [area, id] = [content.closest("[data-chat]"), content.closest("[data-message]").dataset.message];
  const changed = (row) => ({ ...row, value: { ...row.value, chatmessage: { ...row.value.chatmessage, content: content.value } } });
  store(area, stored(area).map((row) => (row.id === id ? changed(row) : row)));
});

// What stands in the field of a new message is work, too: it goes with the answer.
document.addEventListener("submit", (event) => takeAlong(event.target), true);
document.body.addEventListener("htmx:configRequest", (event) => {
  const form = event.target.closest?.("form");
  for (const area of form ? takeAlong(form) : []) event.detail.formData?.set(fieldOf(area).name, fieldOf(area).value);
});

function takeAlong(form) {
  const areas = [...form.querySelectorAll("[data-chat]")].filter((area) => area.querySelector("[data-new-text]").value.trim());
  areas.forEach(add);
  return areas;
}

const startAll = (within) => within.querySelectorAll?.("[data-chat]").forEach(show);
document.addEventListener("touchstone:restore", (event) => {
  for (const area of event.target.querySelectorAll("[data-chat]")) {
    const kept = event.detail.find(([name]) => name === fieldOf(area).name);
    if (kept) fieldOf(area).value = kept[1];
    show(area);
  }
});
document.body.addEventListener("htmx:load", (event) => startAll(event.detail.elt.parentElement ?? event.detail.elt));
startAll(document);
