// The blocks of a section, drawn: tiles, tables, and charts by ECharts as SVG.
"use strict";

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const COLOURS = ["--c1", "--c2", "--c3", "--c4", "--c5"];
const BASES = { observed: "--c1", inferred: "--c3", default: "--rest" };
const charts = [];

const blocks = {
  Tiles: ({ tiles }) =>
    made("dl", { class: "tiles wide" }, ...tiles.map((tile) =>
      made("div", { class: "tile" }, made("dt", {}, tile.name),
        made("dd", { class: "value" }, tile.value), made("dd", { class: "about" }, tile.note || "")))),
  Table: table,
  Bars: (block) => figure(block, bars, block.lying ? 70 + 24 * block.names.length : 260),
  Lines: (block) => figure(block, lines, 280),
  Flow: (block) => figure(block, flow, 40 + 24 * block.links.length, true),
};

function figure(block, option, height, wide = false) {
  const place = made("div", { class: "chart", style: `height:${height}px`, role: "img", "aria-label": spoken(block) });
  const box = made("figure", { class: wide ? "wide" : null }, made("h3", {}, block.title), wide ? made("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": block.title }, place) : place, block.note ? made("p", { class: "note" }, block.note) : null);
  const chart = { place, option: () => option(block, place.clientWidth), drawn: null };
  charts.push(chart);
  return box;
}

function spoken({ title, names, series, links }) {
  if (links) return `${title}: ${links.map(([a, b, n]) => `${a} to ${b} ${number(n)}`).join("; ")}`;
  const all = Object.entries(series).map(([name, values]) => `${name}: ${values.map((v, at) => `${names ? names[at] + " " : ""}${v === null ? "none" : number(v)}`).join(", ")}`);
  return `${title}. ${all.join(". ")}`.slice(0, 1500);
}

function axes(extra = {}) {
  return { axisLine: { lineStyle: { color: colour("--line") } }, axisTick: { show: false }, axisLabel: { color: colour("--soft"), ...extra }, splitLine: { lineStyle: { color: colour("--line") } } };
}

function common(unit) {
  return {
    animation: false, aria: { enabled: false }, textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: colour("--ink") },
    tooltip: { confine: true, backgroundColor: colour("--paper"), borderColor: colour("--line"), textStyle: { color: colour("--ink") }, renderMode: "richText", valueFormatter: (value) => (value === null || value === undefined ? "–" : `${number(value)}${unit ? " " + unit : ""}`) },
  };
}

const digits = (value) => value.toLocaleString("en", { maximumSignificantDigits: 3 });
const short = (value) => Math.abs(value) >= 1e6 ? `${digits(value / 1e6)}M` : Math.abs(value) >= 1e4 ? `${digits(value / 1e3)}k` : number(value);

function bars(block, width) {
  const several = Object.keys(block.series).length > 1;
  const sums = block.names.map((_, at) => Object.values(block.series).reduce((sum, values) => sum + values[at], 0));
  const series = Object.entries(block.series).map(([name, values], at) => ({
    type: "bar", name, stack: block.stacked ? "all" : null, barMaxWidth: block.lying ? 16 : 48, barCategoryGap: block.lying ? "30%" : "15%",
    data: values.map((value, i) => (block.share ? (100 * value) / (sums[i] || 1) : value)), itemStyle: { color: colour(BASES[name] || COLOURS[at % COLOURS.length]) },
    label: { show: !several && (block.lying || block.names.length < 12), position: block.lying ? "right" : "top", color: colour("--soft"), formatter: ({ value }) => (value ? short(value) : "") }, labelLayout: { hideOverlap: true },
  }));
  const room = Math.min(220, Math.max(90, width * 0.38));
  const kinds = { type: "category", data: block.names, ...axes({ width: block.lying ? room - 12 : undefined, overflow: "truncate", hideOverlap: true, interval: block.lying ? 0 : "auto" }), splitLine: { show: false } };
  const values = { type: "value", max: block.share ? 100 : null, splitNumber: width < 400 ? 3 : 5, ...axes({ formatter: block.share ? "{value} %" : short, hideOverlap: true }) };
  return {
    ...common(block.share ? "%" : block.unit),
    grid: { left: block.lying ? room : 8, right: block.lying ? 56 : 12, top: several ? 34 : 22, bottom: block.lying && block.share ? 26 : 8, outerBoundsMode: block.lying ? "none" : "same", containLabel: !block.lying },
    legend: several ? { top: 0, left: 0, itemWidth: 12, itemHeight: 12, itemGap: 16, textStyle: { color: colour("--ink") } } : undefined,
    xAxis: block.lying ? { ...values, show: block.share, position: "bottom" } : kinds, yAxis: block.lying ? { ...kinds, inverse: true } : values, series,
    tooltip: { ...common(block.share ? "%" : block.unit).tooltip, trigger: "axis", axisPointer: { type: "shadow", shadowStyle: { color: colour("--line"), opacity: 0.4 } } },
  };
}

function lines(block) {
  const series = Object.entries(block.series).map(([name, values], at) => ({ type: "line", name, showSymbol: block.x.length < 40, data: values.map((value, i) => [block.x[i], value]), lineStyle: { width: 2 }, itemStyle: { color: colour(COLOURS[at % COLOURS.length]) } }));
  const shared = common(block.unit);
  return {
    ...shared, grid: { left: 8, right: 16, top: 34, bottom: 24, containLabel: true }, legend: { top: 0, left: 0, textStyle: { color: colour("--ink") } },
    xAxis: { type: "value", name: block.x_name, nameLocation: "middle", nameGap: 26, nameTextStyle: { color: colour("--soft") }, ...axes({ formatter: short }) }, yAxis: { type: "value", scale: true, ...axes({ formatter: short }) }, series, tooltip: { ...shared.tooltip, trigger: "axis" },
  };
}

function flow(block) {
  // The main stream keeps to the top, what leaves it branches off below: the order of the links is kept.
  const names = [...new Set(block.links.flatMap(([from, to]) => [from, to]))];
  const amount = Object.fromEntries(names.map((name) => [name, 0]));
  for (const [, to, n] of block.links) amount[to] += n;
  amount[names[0]] = block.links.filter(([from]) => from === names[0]).reduce((sum, link) => sum + link[2], 0);
  const main = new Set([...block.links.map(([from]) => from), block.kept]);
  return {
    ...common(block.unit),
    series: [{
      type: "sankey", left: 4, right: 170, top: 8, bottom: 12, nodeWidth: 10, nodeGap: 16, draggable: false, layoutIterations: 0, nodeAlign: "left",
      data: names.map((name) => ({ name, itemStyle: { color: colour(main.has(name) ? "--c1" : "--c2"), borderWidth: 0 } })),
      links: block.links.map(([source, target, value]) => ({ source, target, value, lineStyle: { color: colour(main.has(target) ? "--c1" : "--c2"), opacity: 0.28 } })),
      label: { color: colour("--ink"), fontSize: 12, formatter: ({ name }) => `${name} ${number(amount[name])}` }, labelLayout: { hideOverlap: true },
    }],
  };
}

function draw(chart) {
  if (!chart.place.clientWidth) return;
  chart.drawn ||= echarts.init(chart.place, null, { renderer: "svg" });
  chart.drawn.resize();
  chart.drawn.setOption(chart.option(), true);
}

// A chart is drawn when it comes near the screen, and anew when size or colours change.
const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    const chart = charts.find(({ place }) => place === entry.target);
    if (entry.isIntersecting && !chart.drawn) draw(chart);
  }
}, { rootMargin: "400px" });

function watch() {
  for (const { place } of charts) watcher.observe(place);
  const again = () => charts.filter((chart) => chart.drawn).forEach(draw);
  let waiting = 0;
  addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(again, 150); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  addEventListener("beforeprint", () => charts.forEach(draw));
}
