// One job: show a part of the form only while its conditions hold ([data-when], a list that must hold as a whole). A
// hidden part is disabled, so that it is not sent. The server asks the same when it draws the form and when it reads
// the answer (apps/labeling/widgets/visibility.py); as there, an answer inside a hidden part counts as not given.
const partsIn = (form) => [...document.querySelectorAll("[data-when]")].filter((part) => part.form === form);

// A nested choice is sent as its whole path; a condition names its last step.
function lastOf(value) {
  if (!value.startsWith("[")) return value;
  try {
    return String(JSON.parse(value).at(-1));
  } catch {
    return value;
  }
}

function chosen(form, name, hidden) {
  const fields = [...form.elements].filter((field) => field.name === name && !hidden.some((part) => part.contains(field)));
  const answered = fields.filter((field) => (["radio", "checkbox"].includes(field.type) ? field.checked : field.value));
  return answered.map((field) => lastOf(field.value));
}

// A part that stands inside a message is about that message. Spans have their own script for what is asked about them.
function isAbout(part, { tag, role }) {
  const region = part.closest("[data-region-role]");
  return Boolean(region) && (!tag || region.closest("[data-chat]")?.querySelector("[data-chat-field]").name === `answer.${tag}`) && (!role || region.dataset.regionRole === role);
}

function isChosen(form, { fields, values }, hidden) {
  const given = fields.flatMap((name) => chosen(form, name, hidden));
  return values.length ? values.some((value) => given.includes(value)) : given.length > 0;
}

function holds(form, part, condition, hidden) {
  switch (condition.when) {
    case "region-selected": return isAbout(part, condition) || !part.closest("[data-message]");
    case "no-region-selected": return !part.closest("[data-message]");
    case "choice-unselected": return !isChosen(form, condition, hidden);
    default: return isChosen(form, condition, hidden);
  }
}

// From everything shown, hide what does not hold, until nothing changes: parts may hang on each other.
function hiddenOf(form, parts) {
  let hidden = [];
  for (let round = 0; round <= parts.length; round += 1) {
    const next = parts.filter((part) => !JSON.parse(part.dataset.when).every((each) => holds(form, part, each, hidden)));
    if (next.length === hidden.length && next.every((part) => hidden.includes(part))) break;
    hidden = next;
  }
  return hidden;
}

function look(form) {
  if (!form) return;
  const parts = partsIn(form);
  const hidden = parts.length ? hiddenOf(form, parts) : [];
  for (const part of parts) {
    part.hidden = hidden.includes(part);
    part.disabled = part.hidden;
    delete part.dataset.off; // how the server drew it, before this script came
  }
}

const everywhere = () => new Set([...document.querySelectorAll("[data-when]")].map((part) => part.form)).forEach(look);

// Before widget-keys.js hears of the change, so that a part just shown can take the keys.
document.addEventListener("input", (event) => look(event.target.form), true);
document.addEventListener("touchstone:restored", (event) => look(event.target.form));
document.addEventListener("touchstone:region", everywhere);
document.body.addEventListener("htmx:load", everywhere);
everywhere();
