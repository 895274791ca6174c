// One job: say that the connection or the server is gone, since when; look again by itself; take the line away and tell
// the page (touchstone:online) when it is back.
const line = document.querySelector("[data-offline]");
const away = [502, 503, 504]; // said by a proxy whose server is gone
const [soonest, latest] = [1000, 4000];
let next;
let pause = soonest;

function clock() {
  return new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

function gone() {
  if (!line) return;
  if (line.hidden) {
    line.querySelector("[data-offline-since]").textContent = clock();
    line.hidden = false;
    pause = soonest;
  }
  clearTimeout(next);
  next = setTimeout(look, pause);
  pause = Math.min(pause * 1.5, latest);
}

function back() {
  clearTimeout(next);
  if (line) line.hidden = true;
}

async function look() {
  try {
    const answer = await fetch(line?.dataset.offline || location.href, { method: "HEAD", cache: "no-store" });
    if (away.includes(answer.status)) throw new Error(String(answer.status));
    back();
    window.dispatchEvent(new Event("touchstone:online"));
  } catch {
    gone();
  }
}

window.addEventListener("offline", gone);
window.addEventListener("online", look);
document.body.addEventListener("htmx:sendError", gone);
document.body.addEventListener("htmx:afterOnLoad", (event) => (away.includes(event.detail.xhr.status) ? gone() : back()));
line?.querySelector("[data-offline-retry]").addEventListener("click", look);
