// One job: store a switch that stands on every page with the person, or in this browser where nobody is logged in.
// What the server has not confirmed yet is kept in the tab, where it counts and from where the next page sends it again.
const root = document.documentElement;
const address = root.dataset.settingsUrl;
const unsent = "setting-unsent:";

export const known = (name) => (address ? sessionStorage.getItem(unsent + name) : localStorage.getItem(name));

async function send(name, value) {
  const headers = { ...JSON.parse(document.body.getAttribute("hx-headers") ?? "{}"), "X-Requested-With": "fetch" };
  const body = new URLSearchParams({ [name]: value });
  const reply = await fetch(address, { method: "POST", body, headers, keepalive: true });
  if (reply.status < 500 && known(name) === value) sessionStorage.removeItem(unsent + name);
}

export function store(name, value) {
  if (!address) return void localStorage.setItem(name, value);
  sessionStorage.setItem(unsent + name, value);
  send(name, value).catch(() => {}); // the next page tries again
}

if (address) {
  for (const key of Object.keys(sessionStorage).filter((each) => each.startsWith(unsent))) {
    store(key.slice(unsent.length), sessionStorage.getItem(key));
  }
}
