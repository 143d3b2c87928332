"use strict";
/* Tables that are sorted by a click on their heads, links to layers, the theme, copying. */

function cellValue(cell) {
  const exact = cell.querySelector("data");
  if (exact) return Number(exact.value);
  return cell.dataset.v !== undefined
    ? Number(cell.dataset.v)
    : cell.textContent.trim().toLowerCase();
}

function compare(a, b) {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), "en", { numeric: true });
}

function sortBy(table, head, column) {
  const falling =
    (head.getAttribute("aria-sort") !== "descending" && head.classList.contains("n")) ||
    head.getAttribute("aria-sort") === "ascending";
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => ({ row, value: cellValue(row.cells[column]) }));
  rows.sort((a, b) => compare(a.value, b.value) * (falling ? -1 : 1));
  body.append(...rows.map((item) => item.row));
  for (const other of head.parentElement.cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", falling ? "descending" : "ascending");
}

function makeSortable(table) {
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => sortBy(table, head, column));
  });
}

/* The arcs that begin or end at a layer. */
function tellArcs(layer) {
  for (const arc of document.querySelectorAll(".arc")) {
    const [writer, hider] = arc.dataset.pair.split("-");
    arc.classList.toggle("told", writer === layer || hider === layer);
  }
}

/* A link to a layer marks its row and its arcs. */
function tellLayer(event) {
  const link = event.target.closest("a[data-layer]");
  if (!link) return;
  for (const told of document.querySelectorAll("tr.told")) told.classList.remove("told");
  const layer = link.dataset.layer;
  document.querySelector(`tr[data-layer="${CSS.escape(layer)}"]`)?.classList.add("told");
  tellArcs(layer);
}

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function startTheme() {
  const button = byId("theme");
  const name = () => {
    button.textContent = isDark() ? "light" : "dark";
  };
  button.hidden = false;
  name();
  button.addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    name();
  });
}

async function copyPatch(event) {
  const button = event.target.closest("button[data-copy]");
  if (!button) return;
  const text = button.parentElement.querySelector("pre").textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "copied";
  } catch {
    getSelection().selectAllChildren(button.parentElement.querySelector("pre"));
    button.textContent = "selected";
  }
}

for (const table of document.querySelectorAll("table.sortable")) makeSortable(table);
for (const button of document.querySelectorAll("button[data-copy]")) button.hidden = false;
for (const row of document.querySelectorAll("tr[data-layer]"))
  row.addEventListener("pointerenter", () => tellArcs(row.dataset.layer));
document.addEventListener("click", tellLayer);
document.addEventListener("click", copyPatch);
startTheme();
startMap();
