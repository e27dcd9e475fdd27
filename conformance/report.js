"use strict";
const search = document.getElementById("search");
const boxes = [...document.querySelectorAll("input[name=outcome]")];
const items = [...document.querySelectorAll(".item")].map((node) => ({ node, outcome: node.dataset.outcome, text: node.textContent.toLowerCase() }));
function update() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const wanted = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
  let shown = 0;
  for (const item of items) {
    const fits = wanted.has(item.outcome) && words.every((word) => item.text.includes(word));
    item.node.hidden = !fits;
    shown += fits ? 1 : 0;
  }
  document.getElementById("shown").textContent = shown + " of " + items.length;
}
search.addEventListener("input", update);
search.form.addEventListener("submit", (event) => event.preventDefault());
boxes.forEach((box) => box.addEventListener("change", update));
const linked = document.getElementById(decodeURIComponent(location.hash.slice(1)));
if (linked) linked.open = true;
update();
