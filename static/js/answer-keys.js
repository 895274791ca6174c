// One job: put a person's own row of keys (data-answer-keys on <html>) in the place of the digits that press answers.
// The first key presses the first answer of a question, and so on. A key that the config gives (data-hotkey) stays,
// unless the person's row comes first. Long lists that are found by typing have no keys, and get none.
const { answerKeys, answerKeysFirst } = document.documentElement.dataset;
const row = [...answerKeys];
const answers = "button.choice[value], .chip > input, button.chip[data-label]";
const holds = (answer) => answerKeysFirst === undefined && answer.dataset.hotkey !== undefined;

function groups(within) {
  const all = [...within.querySelectorAll(answers)].filter((answer) => !answer.closest("[data-many]"));
  return Map.groupBy(all, (answer) => answer.closest("fieldset, form")).values();
}

function put(answer, key, isAwake) {
  const isChip = !answer.matches(".choice");
  for (const [name, isOn] of [["ownKey", isChip], ["key", isAwake]]) {
    if (key && isOn) answer.dataset[name] = key;
    else delete answer.dataset[name];
  }
  const face = answer.matches("input") ? answer.parentElement : answer;
  const cap = face.querySelector("kbd") ?? document.createElement("kbd");
  if (!key) return cap.remove();
  cap.textContent = key;
  cap.toggleAttribute("data-idle", !isAwake);
  if (!cap.isConnected) answer.matches("input") ? answer.after(cap) : answer.prepend(cap);
}

function remap(within) {
  for (const all of groups(within)) {
    const taken = new Set(all.filter(holds).map((answer) => answer.dataset.ownKey ?? answer.dataset.key));
    for (const [index, answer] of all.entries()) {
      const question = answer.closest("[data-question]");
      const isAwake = !question || question.hasAttribute("data-has-keys");
      if (!holds(answer)) put(answer, taken.has(row[index]) ? "" : row[index], isAwake);
    }
  }
}

document.body.addEventListener("htmx:load", () => remap(document));
document.addEventListener("touchstone:region", () => document.querySelectorAll("[data-region-asked]").forEach(remap)); // drawn anew
remap(document);
