// One job: a box marked data-tick-all="name" ticks and unticks every box of that name in its form, and shows half where
// only some are ticked.
const boxesOf = (master) => [...master.form.querySelectorAll(`input[type=checkbox][name="${master.dataset.tickAll}"]`)];

function show(master) {
  const boxes = boxesOf(master);
  const ticked = boxes.filter((box) => box.checked).length;
  master.checked = ticked > 0 && ticked === boxes.length;
  master.indeterminate = ticked > 0 && ticked < boxes.length;
}

document.body.addEventListener("change", ({ target }) => {
  if (target.dataset?.tickAll) for (const box of boxesOf(target)) box.checked = target.checked;
  else for (const master of target.form?.querySelectorAll("[data-tick-all]") ?? []) show(master);
});
for (const master of document.querySelectorAll("[data-tick-all]")) show(master);
