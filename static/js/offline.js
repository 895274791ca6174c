// One job: say that the connection is gone, since when, and take the line away when it is back.
const line = document.querySelector("[data-offline]");

function clock() {
  return new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

function gone() {
  if (!line?.hidden) return;
  line.querySelector("[data-offline-since]").textContent = clock();
  line.hidden = false;
}

function back() {
  if (line) line.hidden = true;
}

async function look() {
  try {
    await fetch(location.href, { method: "HEAD", cache: "no-store" });
    back();
    window.dispatchEvent(new Event("touchstone:online"));
  } catch {
    gone();
  }
}

window.addEventListener("offline", gone);
window.addEventListener("online", look);
document.body.addEventListener("htmx:sendError", gone);
document.body.addEventListener("htmx:afterOnLoad", back);
line?.querySelector("[data-offline-retry]").addEventListener("click", look);
