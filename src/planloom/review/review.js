// The review: one plan at a time beside its row, five questions, answers kept in the browser.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const names = Object.keys(data.questions);
const place = `planloom-review ${data.name} ${data.sample} ${data.items.map((item) => item.state).join("")}`;
const answers = kept();

function kept() {
  // A browser may forbid storage to files: then the answers last as long as the page.
  try { return JSON.parse(localStorage.getItem(place)) || {}; } catch { return {}; }
}

function keep() {
  try { localStorage.setItem(place, JSON.stringify(answers)); }
  catch { document.getElementById("kept").textContent = "This browser keeps nothing: download before you close the page."; }
}

const answer = (item) => (answers[item.plan.plan_id] ||= {});

function state(item) {
  const said = names.map((name) => answers[item.plan.plan_id]?.[name]).filter(Boolean);
  if (said.includes("no")) return "wrong";
  return said.length === names.length ? "right" : said.length ? "begun" : "open";
}

function say(item, name, value) {
  if (value) answer(item)[name] = value; else delete answer(item)[name];
  keep();
  const now = list.current();
  if (now?.item !== item) return;
  now.button.setAttribute("data-state", state(item));
  for (const box of document.querySelectorAll(`.question input[data-name=${name}]`)) box.checked = box.value === value;
  progress();
}

function progress() {
  const states = data.items.map(state), judged = states.filter((one) => one === "right" || one === "wrong").length;
  document.getElementById("progress").textContent = `${judged} of ${data.items.length} judged, ${states.filter((one) => one === "wrong").length} wrong`;
  Object.assign(document.getElementById("bar"), { max: data.items.length, value: judged });
}

function question(item, name, at) {
  const boxes = ["yes", "no"].map((value) => {
    const box = made("input", { type: "checkbox", value, "data-name": name, "aria-label": `${data.questions[name]} ${value}` });
    box.checked = answer(item)[name] === value;
    box.addEventListener("change", () => say(item, name, box.checked ? value : ""));
    return made("label", {}, box, value);
  });
  return made("fieldset", { class: "question" }, made("legend", {}, made("kbd", {}, `${at + 1}`), data.questions[name]), ...boxes);
}

function questions(item) {
  const note = made("input", { type: "text", class: "note-text", placeholder: "Note", "aria-label": "Note" });
  note.value = answer(item).note || "";
  note.addEventListener("input", () => say(item, "note", note.value));
  const all = made("button", { type: "button" }, "All yes, next");
  all.addEventListener("click", () => right(item));
  return made("div", { class: "questions" }, ...names.map((name, at) => question(item, name, at)), made("div", { class: "last" }, note, all));
}

function right(item) {
  for (const name of names) say(item, name, "yes");
  list.move(1);
}

const ORIGINS = { user: "from a user turn", system: "from the system text", default: "a default of the tool", result: "from an earlier result", own: "found nowhere before the call", "": "" };
const JUDGED = { provenance_tier: "inputs: tier", result_tier: "result: tier", scope_volume: "volume", scope_sensitivity: "sensitivity" };

function step(node, told) {
  if (!told) return showNode(node);
  const values = told.values.map((value) => made("li", {}, made("code", {}, `${value.argument} = ${value.text.slice(0, 2000)}`), " ", made("span", { class: "from" }, ORIGINS[value.origin])));
  const rules = (one) => one.rules.map((rule) => `${rule.name}${rule.words.length ? ` (${rule.words.join(", ")})` : ""}`).join("; ");
  const judged = told.judgements.map((one) => made("li", {}, `${JUDGED[one.what]} ${number(one.value)}`, made("span", { class: "from" }, `, ${one.meaning}: ${one.basis} ${rules(one)}`)));
  return made("details", { open: "" }, made("summary", {}, `${node.id} ${node.tool}`), node.arguments_known ? null : made("p", { class: "note" }, "the row names the tool only"),
    made("ul", { class: "values" }, ...values), made("ul", { class: "values" }, ...judged));
}

function pretty(text) {
  try { return /^\s*[{[]/.test(text) ? JSON.stringify(JSON.parse(text), null, 1) : text; } catch { return text; }
}

function* showItem(item) {
  const { plan } = item;
  yield questions(item);
  yield made("h3", {}, `Plan ${plan.plan_id}`);
  yield chips([plan.source, plan.category, `evidence: ${plan.evidence}`, plan.language, plan.licence, plan.use]);
  const left = made("div", {}, made("h4", {}, "The plan"));
  const turns = plan.user_turns.length > 1 ? plan.user_turns : [plan.request];
  left.append(...turns.map((turn, at) => made("p", { class: "request" }, turns.length > 1 ? `${at + 1}. ${turn}` : turn)));
  if (plan.evidence === "response" && plan.user_turns.length > 1) left.append(made("p", { class: "note" }, "The request is the last of these turns."));
  left.append(drawPlan(plan), ...(plan.edges.length ? [showEdges(plan)] : []));
  left.append(...plan.nodes.filter((node) => node.kind === "call").map((node) => step(node, item.steps.find((one) => one.node === node.id))));
  if (item.tools.length) left.append(made("details", {}, made("summary", {}, `${item.tools.length} tools on offer`), made("ul", { class: "values" }, ...item.tools.map((tool) => made("li", {}, made("code", {}, tool.name), made("span", { class: "from" }, ` ${tool.called ? "called, " : ""}${tool.description.slice(0, 300)}`))))));
  const rows = Object.entries(item.row).map(([column, text]) => made("details", { open: "" }, made("summary", {}, column), made("pre", {}, pretty(text))));
  const side = made("div", { class: "row" }, made("h4", {}, "Its row"), item.trouble ? made("p", { class: "trouble" }, item.trouble) : null, ...rows, made("p", { class: "note" }, item.about[2].replace(/^'/, "")));
  yield made("div", { class: "pair" }, left, side);
}

const list = explorer("plans", data.items, {
  fields: { source: (item) => [item.plan.source], evidence: (item) => [item.plan.evidence], state: (item) => [state(item)] },
  searched: ({ plan }) => `${plan.plan_id} ${plan.user_turns.join(" ")} ${plan.request} ${plan.nodes.map((node) => node.tool).join(" ")}`,
  title: ({ plan }) => plan.request || "(no request)",
  whence: ({ plan }) => `${plan.source.split("/").pop()} · ${plan.evidence}`,
  show: showItem, state,
});

const STATES = ["open", "begun", "right", "wrong"];
const stateSelect = list.root.querySelector("select[aria-label=state]");
stateSelect.replaceChildren(stateSelect.firstChild, ...STATES.map((value) => made("option", { value }, value)));

function cell(text) {
  const safe = /^[=+\-@]/.test(text) ? `'${text}` : text;
  return /[",\r\n;]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function sheet() {
  const line = (item) => {
    const said = answers[item.plan.plan_id] || {};
    return [...item.about, ...names.map((name) => said[name] || ""), said.note || "", data.sample, item.state];
  };
  return [data.columns, ...data.items.map(line)].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}

document.getElementById("download").addEventListener("click", () => {
  const link = made("a", { download: "review.csv", href: URL.createObjectURL(new Blob(["\ufeff", sheet()], { type: "text/csv" })) });
  link.click();
  URL.revokeObjectURL(link.href);
});

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches("input[type=text], input[type=search], select")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const now = list.current()?.item, name = names[Number(event.key) - 1];
  const after = { undefined: "yes", yes: "no", no: "" };
  const act = { j: () => list.move(1), k: () => list.move(-1), "/": () => list.search.focus(), n: () => document.querySelector(".note-text")?.focus(), a: () => now && right(now) }[event.key]
    || (now && name && (() => say(now, name, after[answer(now)[name]])));
  if (act) { event.preventDefault(); act(); }
});

document.getElementById("made").textContent = `${data.sample}: ${data.items.length} plans of ${number(Object.values(data.kept).reduce((a, b) => a + b, 0))} kept`;
progress();
document.documentElement.dataset.ready = "yes";
