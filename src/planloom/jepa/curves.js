// The page of a training run: its sections, from the data.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
document.getElementById("made").textContent = data.made;
for (const section of data.sections)
  document.getElementById("sections").append(made("section", {},
    made("h2", {}, section.title), made("p", { class: "lead" }, section.text),
    made("div", { class: "blocks" }, ...section.blocks.map((block) => blocks[block.type](block)))));
watch();
document.documentElement.dataset.ready = "yes";
