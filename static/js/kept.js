// One job: what this browser keeps for a person while the server is away, by person and address: unfinished answers
// ("draft") and answers that could not be sent ("answer"). Each entry names its lease's token and when it was written.
const person = () => document.body.dataset.person ?? "";
const prefix = (kind) => `kept:${person()}:${kind}:`;
const days = 30 * 24 * 3600 * 1000;

export function keep(kind, address, entry) {
  try {
    localStorage.setItem(prefix(kind) + address, JSON.stringify({ at: Date.now(), ...entry }));
    return true;
  } catch {
    return false; // storage is full or forbidden; the page itself still holds the work
  }
}

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

export const kept = (kind, address) => read(prefix(kind) + address);
export const drop = (kind, address) => localStorage.removeItem(prefix(kind) + address);

export function allKept(kind) {
  const keys = Object.keys(localStorage).filter((key) => key.startsWith(prefix(kind)));
  return keys.map((key) => [key.slice(prefix(kind).length), read(key)]).filter(([, entry]) => entry);
}

// At logout: nothing of the person stays on this computer.
export function forget() {
  for (const key of Object.keys(localStorage)) if (key.startsWith(`kept:${person()}:`)) localStorage.removeItem(key);
}

for (const key of Object.keys(localStorage)) {
  if (key.startsWith("kept:") && !(read(key)?.at > Date.now() - days)) localStorage.removeItem(key);
}
