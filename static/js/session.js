// One job: the end of a session. A request that was answered with the login page opens that page whole; a draft that was
// refused shows where to log in again, and the page goes on with what is written; logging out leaves nothing behind here.
import { forget } from "./kept.js";

const login = document.body.dataset.loginUrl;
const here = () => `${login}?next=${encodeURIComponent(location.pathname + location.search)}`;

document.body.addEventListener("htmx:beforeSwap", (event) => {
  const answered = event.detail.xhr.responseURL;
  if (!login || !answered || new URL(answered).pathname !== login) return;
  event.detail.shouldSwap = false;
  location.assign(here());
});
document.body.addEventListener("touchstone:login", () => {
  const line = document.querySelector("[data-logged-out]");
  if (!line) return;
  line.querySelector("a").href = here();
  line.hidden = false;
});
document.addEventListener("submit", (event) => {
  // The attribute: in a form with a button named "action", the property is that button.
  const logout = document.body.dataset.logoutUrl;
  if (logout && event.target.getAttribute("action") === logout) forget();
});
