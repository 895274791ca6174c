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

function isRegionSelected({ tag, labels, role }) {
  const region = document.querySelector("[data-region-selected]");
  if (!region) return false;
  if (tag && region.dataset.regionTag !== tag) return false;
  if (role && region.dataset.regionRole !== role) return false;
  return !labels?.length || labels.some((label) => JSON.parse(region.dataset.regionLabels ?? "[]").includes(label));
}

function isChosen(form, { fields, values }, hidden) {
  const given = fields.flatMap((name) => chosen(form, name, hidden));
  return values.length ? values.some((value) => given.includes(value)) : given.length > 0;
}

function holds(form, condition, hidden) {
  switch (condition.when) {
    case "region-selected": return isRegionSelected(condition);
    case "no-region-selected": return !document.querySelector("[data-region-selected]");
    case "choice-unselected": return !isChosen(form, condition, hidden);
    default: return isChosen(form, condition, hidden);
  }
}

// From everything shown, hide what does not hold, until nothing changes: parts may hang on each other.
function hiddenOf(form, parts) {
  let hidden = [];
  for (let round = 0; round <= parts.length; round += 1) {
    const next = parts.filter((part) => !JSON.parse(part.dataset.when).every((each) => holds(form, each, hidden)));
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
  }
}

const everywhere = () => new Set([...document.querySelectorAll("[data-when]")].map((part) => part.form)).forEach(look);

// Before widget-keys.js hears of the change, so that a part just shown can take the keys.
document.addEventListener("input", (event) => look(event.target.form), true);
document.addEventListener("touchstone:restored", (event) => look(event.target.form));
document.addEventListener("touchstone:region", everywhere);
document.body.addEventListener("htmx:load", everywhere);
everywhere();
