// One job: where a picture does not load, show the box that says so in its place.
function missing(image) {
  image.hidden = true;
  image.closest("[data-picture]").querySelector("[data-picture-missing]").hidden = false;
}

// "error" does not bubble; it is heard on its way down. A picture may also have failed before this script came.
document.addEventListener("error", (event) => {
  if (event.target.matches?.("[data-picture] img")) missing(event.target);
}, true);
for (const image of document.querySelectorAll("[data-picture] img")) {
  if (image.complete && image.naturalWidth === 0) missing(image);
}
