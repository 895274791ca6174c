// One job: suggest a break, quietly and once, after as many minutes of work without a pause as the person has chosen;
// where he has working hours (data-shift: seconds of the epoch), only during them, and not just before they end.
const minutes = Number(document.documentElement.dataset.break) || 0;
const text = document.querySelector("[data-break-text]")?.dataset.breakText ?? "";
const hours = document.documentElement.dataset.shift?.split(" ").map((seconds) => 1000 * seconds);
const [minute, rest, nearEnd] = [60_000, 5 * 60_000, 10 * 60_000];
const read = (name) => Number(localStorage.getItem(`break:${name}`)) || 0;
const write = (name, value) => localStorage.setItem(`break:${name}`, String(value));

// Work goes on over pages and tabs; five minutes without a key or a press are a pause.
function worked() {
  const now = Date.now();
  if (now - read("last") > rest) write("start", now);
  write("last", now);
  if (now - read("start") < minutes * minute || (hours && !(now >= hours[0] && now + nearEnd < hours[1]))) return;
  write("start", now); // the next word of it comes after as long again
  document.body.dispatchEvent(new CustomEvent("toast", { detail: { text: text.replace("%n", minutes) } }));
}

if (minutes) document.body.addEventListener("item-answered", worked);
