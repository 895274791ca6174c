// One job: short messages at the bottom left, one at a time, for 8 seconds or until the next key.
// The server sends one with the header HX-Trigger: {"toast": {"text": "Saved", "level": "ok"}}.
const place = document.querySelector("[data-toasts]");
const seconds = 8;
let timer;

function clear() {
  clearTimeout(timer);
  place.replaceChildren();
}

function show(text, level = "") {
  clear();
  const box = document.createElement("div");
  const words = document.createElement("span");
  box.className = "toast";
  words.className = level ? `state ${level}` : "";
  words.textContent = text;
  box.append(words);
  place.append(box);
  timer = setTimeout(clear, seconds * 1000);
}

function failed(event) {
  const code = event.detail.xhr?.status;
  const text = place.getAttribute(`data-text-${code}`) ?? place.dataset.textError;
  show(text, "bad");
}

if (place) {
  if (place.querySelector(".toast")) timer = setTimeout(clear, seconds * 1000);
  document.addEventListener("keydown", (event) => {
    if (place.querySelector(".toast") && !event.repeat && !place.contains(event.target)) clear();
  });
  document.body.addEventListener("toast", (event) => show(event.detail.text ?? event.detail.value, event.detail.level));
  document.body.addEventListener("htmx:responseError", failed);
}
