// One job: let a slider and the number field beside it say the same. The field is what is sent.
const partner = (slider) => document.getElementById(slider.dataset.slides);

document.addEventListener("input", (event) => {
  const slider = event.target.closest?.("[data-slides]");
  if (slider) {
    partner(slider).value = slider.value;
    partner(slider).dispatchEvent(new Event("input", { bubbles: true }));
    return;
  }
  const mine = event.target.id && document.querySelector(`[data-slides="${CSS.escape(event.target.id)}"]`);
  if (mine && event.target.value !== "") mine.value = event.target.value;
});
document.addEventListener("touchstone:restored", (event) => {
  const mine = event.target.id && document.querySelector(`[data-slides="${CSS.escape(event.target.id)}"]`);
  if (mine) mine.value = event.target.value;
});
