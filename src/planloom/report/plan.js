// A plan as a drawn graph: rounds from top to bottom, calls of one round side by side.
"use strict";

const BOX = { width: 168, height: 46, across: 20, down: 46, most: 5 };

function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const cut = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

function placed(nodes) {
  // Rounds become rows; a round of many calls takes several rows of at most BOX.most.
  const places = {}, turns = [];
  let y = 8, turn = 0;
  for (const step of [...new Set(nodes.map((node) => node.step))]) {
    const mine = nodes.filter((node) => node.step === step);
    if (mine[0].turn !== turn) { turn = mine[0].turn; turns.push([y, turn]); y += 18; }
    for (let at = 0; at < mine.length; at += BOX.most) {
      mine.slice(at, at + BOX.most).forEach((node, column) => { places[node.id] = { x: 8 + column * (BOX.width + BOX.across), y }; });
      y += BOX.height + (at + BOX.most < mine.length ? 10 : BOX.down);
    }
  }
  const width = Math.max(...Object.values(places).map(({ x }) => x)) + BOX.width + 110;
  return { places, turns, width, height: y - BOX.down + 16 };
}

function drawPlan(plan) {
  if (!plan.nodes.length) return made("p", { class: "note" }, "No node: the row holds a request alone.");
  const { places, turns, width, height } = placed(plan.nodes);
  const picture = svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${plan.nodes.length} nodes, ${plan.edges.length} edges; listed below` });
  for (const [y, turn] of turns) {
    picture.append(svg("line", { class: "turn", x1: 0, x2: width, y1: y - 20, y2: y - 20 }), svg("text", { class: "small", x: 8, y: y - 4 }, `turn ${turn + 1}`));
  }
  const between = {};
  for (const edge of plan.edges) (between[`${edge.src} ${edge.dst}`] ||= []).push(edge);
  const labels = [];
  for (const edges of Object.values(between)) picture.append(drawEdges(edges, places, labels));
  for (const node of plan.nodes) picture.append(drawNode(node, places[node.id]));
  picture.append(...labels);
  return made("div", { class: "graph", tabindex: "0" }, picture);
}

function drawNode(node, { x, y }) {
  const about = node.kind === "respond" ? "answered in text" : `tier ${node.provenance_tier} → ${node.result_tier} · vol ${number(node.scope_volume)} · sens ${node.scope_sensitivity}`;
  return svg("g", { class: `tier${node.provenance_tier}`, transform: `translate(${x},${y})` },
    svg("title", {}, `${node.id} ${node.tool}: ${about}`), svg("rect", { width: BOX.width, height: BOX.height, rx: 6 }),
    svg("text", { x: 10, y: 19 }, cut(`${node.id} ${node.tool}`, 24)), svg("text", { class: "small", x: 10, y: 36 }, about));
}

function drawEdges(edges, places, labels) {
  const [a, b] = [places[edges[0].src], places[edges[0].dst]];
  const data = edges.filter((edge) => edge.kind === "data");
  const group = svg("g", { class: `${data.length ? "data" : "order"}${data.some((edge) => edge.joint) ? " joint" : ""}` });
  const level = a.y === b.y;
  const from = level ? { x: a.x + BOX.width, y: a.y + BOX.height / 2 } : { x: a.x + BOX.width / 2, y: a.y + BOX.height };
  const to = level ? { x: b.x - 6, y: b.y + BOX.height / 2 } : { x: b.x + BOX.width / 2, y: b.y - 6 };
  // An edge over several rounds swings out to the right, past the boxes between.
  const far = to.y - from.y > BOX.down * 1.5 && Math.abs(a.x - b.x) < BOX.width;
  const swing = far ? BOX.width / 2 + 62 + (to.y - from.y) / 20 : 0, middle = (from.y + to.y) / 2;
  const way = level ? `M${from.x},${from.y}L${to.x},${to.y}`
    : far ? `M${from.x},${from.y}C${from.x + swing},${from.y + 40} ${to.x + swing},${to.y - 40} ${to.x},${to.y}`
      : `M${from.x},${from.y}C${from.x},${middle} ${to.x},${middle} ${to.x},${to.y}`;
  const tip = level ? `${to.x + 6},${to.y} ${to.x - 2},${to.y - 4} ${to.x - 2},${to.y + 4}` : `${to.x},${to.y + 6} ${to.x - 4},${to.y - 3} ${to.x + 4},${to.y - 3}`;
  group.append(svg("path", { d: way }), svg("polygon", { class: "tip", points: tip }));
  if (data.length) {
    const text = cut(data[0].argument, 20) + (data.length > 1 ? ` +${data.length - 1}` : "");
    labels.push(svg("text", { class: "label", x: (from.x + to.x) / 2 + (far ? swing * 0.75 : 5), y: level ? from.y - 6 : to.y - 14 }, text));
  }
  return group;
}
