// The page from its data: sections, the two lists, and the keys.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
document.getElementById("made").textContent = data.made;
const nav = document.getElementById("nav"), place = document.getElementById("sections");
const link = (id, title) => nav.append(made("a", { href: `#${id}` }, title));

for (const section of data.sections) {
  const id = `about-${section.title.toLowerCase().replace(/[^a-z0-9]+/g, "-")}`;
  place.append(made("section", { id, "aria-labelledby": `${id}-title` },
    made("h2", { id: `${id}-title` }, section.title), made("p", { class: "lead" }, section.text),
    made("div", { class: "blocks" }, ...section.blocks.map((block) => blocks[block.type](block)))));
  link(id, section.title);
}
link("plans", "Plans to look at");
link("rejects", "What was left");
const lists = [plansExplorer(data.plans), rejectsExplorer(data.rejects)];
watch();

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const list = lists.find(({ root }) => root.getBoundingClientRect().bottom > innerHeight / 3) || lists[0];
  if (event.key === "/") { event.preventDefault(); list.search.focus(); }
  if (event.key === "j" || event.key === "k") { event.preventDefault(); list.move(event.key === "j" ? 1 : -1); }
});
document.documentElement.dataset.ready = "yes";
