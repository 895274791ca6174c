// One job: give the number keys to the question that has the focus. keys.js acts on data-key; this module moves it.
function give(question) {
  for (const other of document.querySelectorAll("[data-question]")) {
    const owns = other === question;
    other.toggleAttribute("data-has-keys", owns);
    for (const option of other.querySelectorAll("[data-own-key]")) {
      if (owns) option.dataset.key = option.dataset.ownKey;
      else delete option.dataset.key;
      const cap = (option.matches("button") ? option : option.parentElement).querySelector("kbd");
      if (cap) cap.toggleAttribute("data-idle", !owns); // it keeps its room, so that nothing moves under a pressed mouse
    }
  }
}

document.addEventListener("focusin", (event) => {
  const question = event.target.closest?.("[data-question]");
  if (question && !question.hasAttribute("data-has-keys")) give(question);
});

// After an answer by key the next question gets the keys, so that a form of several needs no mouse and no Tab.
document.addEventListener("change", (event) => {
  const question = event.target.closest?.("[data-question]");
  if (!question || event.target.type !== "radio") return;
  const all = [...question.closest("form, main, body").querySelectorAll("[data-question]")];
  const open = (other) => other.checkVisibility() && !other.querySelector(":checked");
  const next = all.slice(all.indexOf(question) + 1).find(open);
  if (next && !document.activeElement?.matches("input[type=radio]")) give(next);
});

// A widget whose question is worked at elsewhere on the page asks for them.
document.addEventListener("touchstone:keys", (event) => give(event.target));
