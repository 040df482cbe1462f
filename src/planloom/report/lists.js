// Two lists to look through: plans and what was left. Filters above, the chosen one beside.
"use strict";

function explorer(id, items, { fields, searched, title, whence, show, state }) {
  const root = document.getElementById(id);
  const [form, list, detail] = ["filters", "list", "detail"].map((name) => root.querySelector(`.${name}`));
  const search = made("input", { type: "search", placeholder: "Search", "aria-label": `Search ${id}` });
  const selects = Object.entries(fields).map(([name, of]) => {
    const values = [...new Set(items.flatMap(of))].sort();
    const options = values.map((value) => made("option", { value }, value));
    return [made("select", { "aria-label": name }, made("option", { value: "" }, `any ${name}`), ...options), of];
  });
  const count = made("span", { class: "count", role: "status" });
  form.append(search, ...selects.map(([select]) => select), count);
  const texts = items.map((item) => searched(item).toLowerCase());
  let shown = [], chosen = -1;

  function choose(at, focus = false) {
    if (at < 0 || at >= shown.length) return;
    chosen = at;
    [...list.children].forEach((child, i) => child.setAttribute("aria-current", i === at));
    const { offsetTop: top, offsetHeight: height } = list.children[at];
    list.scrollTop = Math.min(top, Math.max(list.scrollTop, top + height - list.clientHeight));
    detail.replaceChildren(...show(shown[at]));
    if (focus) detail.focus({ preventScroll: false });
  }

  function filter() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    shown = items.filter((item, at) => words.every((word) => texts[at].includes(word)) && selects.every(([select, of]) => !select.value || of(item).includes(select.value)));
    list.replaceChildren(...shown.map((item, at) => {
      const button = made("button", { type: "button", class: "item", "data-state": state && state(item) }, made("span", { class: "what" }, title(item)), made("span", { class: "whence" }, whence(item)));
      button.addEventListener("click", () => choose(at, matchMedia("(max-width: 60rem)").matches));
      return button;
    }));
    count.textContent = `${shown.length} of ${items.length}`;
    if (shown.length) choose(0);
    else detail.replaceChildren(made("p", { class: "note" }, items.length ? "Nothing fits." : "There is none."));
    list.scrollTop = 0;
  }

  form.addEventListener("input", filter);
  filter();
  const current = () => list.children[chosen] && { item: shown[chosen], button: list.children[chosen] };
  return { root, search, current, move: (by) => choose(Math.min(Math.max(chosen + by, 0), shown.length - 1)) };
}

const chips = (values) => made("ul", { class: "chips" }, ...values.filter(Boolean).map((value) => made("li", {}, value)));
const json = (value) => JSON.stringify(value, null, 1);
const command = (build, what) => made("p", { class: "note" }, "In the terminal: ", made("code", {}, `planloom explain ${build} '${what.replaceAll("'", "'\\''")}'`));

function plansExplorer(plans) {
  const edges = (plan) => (plan.edges.some((edge) => edge.kind === "data") ? "data edges" : plan.edges.length ? "order alone" : "no edges");
  return explorer("plans", plans, {
    fields: { source: (p) => [p.source], category: (p) => [p.category], evidence: (p) => [p.evidence], edges: (p) => [edges(p)], language: (p) => [p.language] },
    searched: (p) => `${p.plan_id} ${p.user_turns.join(" ")} ${p.request} ${p.nodes.map((n) => n.tool + " " + JSON.stringify(n.arguments)).join(" ")}`,
    title: (p) => p.request || "(no request)",
    whence: (p) => `${p.source.split("/").pop()} · ${p.nodes.length === 1 && p.nodes[0].kind === "respond" ? "answered in text" : `${p.nodes.length} calls, ${p.edges.length} edges`}`,
    show: showPlan,
  });
}

function* showPlan(plan) {
  yield made("h3", {}, `Plan ${plan.plan_id}`);
  yield chips([plan.category, `evidence: ${plan.evidence}`, plan.label, plan.language, plan.licence, plan.use, plan.fold && `fold: ${plan.fold}`, plan.also_in && `also in ${plan.also_in.join(", ")}`]);
  const turns = plan.user_turns.length > 1 ? plan.user_turns : [plan.request];
  yield* turns.map((turn, at) => made("p", { class: "request" }, turns.length > 1 ? `${at + 1}. ${turn}` : turn));
  yield drawPlan(plan);
  if (plan.edges.length) yield showEdges(plan);
  for (const node of plan.nodes.filter((n) => n.kind === "call")) yield showNode(node);
  if (plan.reasoning) yield made("details", {}, made("summary", {}, "Reasoning in the row"), made("pre", {}, plan.reasoning));
  yield command("OUT", plan.plan_id);
  yield made("p", { class: "note" }, `${plan.source}:${plan.file}@${plan.at}${plan.revision ? ` at ${plan.revision.slice(0, 12)}` : ""}`);
}

const showEdges = (plan) => table({ head: ["edge", "kind", "evidence", "argument", "text", "from"], rows: plan.edges.map((e) => [`${e.src} → ${e.dst}`, e.kind, e.evidence + (e.joint ? ", joint" : ""), e.argument, e.span, e.result_path]) });

function showNode(node) {
  const how = `tier ${node.provenance_tier} (${node.origin.tier}), result ${node.result_tier} (${node.origin.result_tier}), volume ${number(node.scope_volume)} (${node.origin.volume}), sensitivity ${node.scope_sensitivity} (${node.origin.sensitivity})`;
  return made("details", { open: "" }, made("summary", {}, `${node.id} ${node.tool}`),
    made("pre", {}, node.arguments_known ? json(node.arguments) : "the row names the tool only"),
    made("p", { class: "note" }, how + (node.rules.length ? `; rules: ${node.rules.join(", ")}` : "")));
}

function rejectsExplorer(rejects) {
  const source = (r) => r.address.split(":")[0];
  return explorer("rejects", rejects, {
    fields: { Reason: (r) => [r.reason], stage: (r) => [r.stage], source: (r) => [source(r)] },
    searched: (r) => `${r.reason} ${r.detail} ${r.address} ${JSON.stringify(r.row)}`,
    title: (r) => `${r.reason}${r.detail ? ": " + r.detail : ""}`,
    whence: (r) => `${source(r)} · ${r.unit} left at ${r.stage}`,
    show: showReject,
  });
}

function* showReject(reject) {
  yield made("h3", {}, reject.reason);
  yield chips([`${reject.unit} left at ${reject.stage}`, reject.address]);
  if (reject.detail) yield made("p", {}, made("mark", {}, reject.detail));
  for (const [key, value] of Object.entries(reject.row))
    yield made("details", { open: "" }, made("summary", {}, key), made("pre", {}, ...marked(typeof value === "string" ? value : json(value), reject.detail)));
  yield command("OUT", reject.address);
}

function marked(text, detail) {
  // Where the words of the detail stand in the row: the longest of them that does.
  const words = (detail || "").split(/[\s:,;'"`()\[\]{}]+/).filter((word) => word.length > 3 && text.includes(word)).sort((a, b) => b.length - a.length);
  if (!words.length) return [text];
  return text.split(words[0]).flatMap((piece, at) => (at ? [made("mark", {}, words[0]), piece] : [piece]));
}
