// What every page is made of: elements with text that is never markup, numbers, tables.
"use strict";

function made(tag, attributes = {}, ...children) {
  // All text goes in as text nodes: what rows hold is never markup.
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const number = (value) => value.toLocaleString("en", { maximumFractionDigits: 2 });

function table({ title, note, head, rows }) {
  const numeric = head.map((_, at) => rows.some((row) => typeof row[at] === "number"));
  const long = head.map((_, at) => rows.some((row) => String(row[at] ?? "").length > 36));
  const body = made("tbody");
  const show = (shown) => body.replaceChildren(...shown.map((row) => made("tr", {}, ...row.map((cell, at) =>
    made("td", { class: numeric[at] ? "number" : long[at] ? "text long" : "text" }, shownCell(cell, head[at]))))));
  const heads = head.map((name, at) => {
    const button = made("button", { type: "button" }, name);
    const cell = made("th", { class: numeric[at] ? "number" : null, scope: "col" }, button);
    button.addEventListener("click", () => {
      const down = cell.getAttribute("aria-sort") === (numeric[at] ? null : "ascending") || (numeric[at] && cell.getAttribute("aria-sort") !== "descending");
      for (const other of heads) other.removeAttribute("aria-sort");
      cell.setAttribute("aria-sort", down ? "descending" : "ascending");
      show([...rows].sort((a, b) => (down ? -1 : 1) * compared(a[at], b[at])));
    });
    return cell;
  });
  show(rows);
  return made("div", { class: head.length > 4 || long.some(Boolean) ? "table wide" : "table", tabindex: "0", role: "group", "aria-label": title || head.join(", ") },
    title ? made("h3", {}, title) : null,
    made("table", {}, made("thead", {}, made("tr", {}, ...heads)), body), note ? made("p", { class: "note" }, note) : null);
}

function shownCell(cell, head) {
  if (cell === null) return "–";
  if (typeof cell !== "number") return cell;
  return head.includes("%") ? (cell && cell < 0.01 ? "< 0.01" : cell.toFixed(2)) : number(cell);
}

const compared = (a, b) => (a === b ? 0 : a === null ? -1 : b === null ? 1 : typeof a === "number" ? a - b : String(a).localeCompare(b));
