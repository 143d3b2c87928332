"use strict";
/* The map: what it shows (folder, size, colour, filter), and what keys and clicks do to it. */

const root = buildTree(data.tree);
const state = {
  folder: root,
  size: "raw",
  colour: mode.colour,
  filter: null,
  tiles: [],
  focus: 0,
  ranks: null,
};
const COLOURS = 12,
  ROWS = 100;

/* -- filters: {text, test} ------------------------------------------------------------------- */

function filterOf(text) {
  const [kind, ...rest] = text.split(":"),
    value = rest.join(":");
  if (kind === "pair") {
    const [writer, hider, fate] = value.split("-").map(Number);
    return {
      text: `layer ${writer + 1}, ${FATES[fate]} by layer ${hider + 1}`,
      test: (node) => node.layer === writer && node.hider === hider && node.fate === fate,
    };
  }
  if (kind === "hidden") {
    const [writer, hider] = value.split("-").map(Number);
    return {
      text: `layer ${writer + 1}, hidden by layer ${hider + 1}`,
      test: (node) => node.fate > 0 && node.layer === writer && node.hider === hider,
    };
  }
  if (kind === "bloat") {
    const [layer, names] = value.split(":"),
      wanted = names ? names.split("|") : [];
    return {
      text: `layer ${Number(layer) + 1}${names ? `: ${wanted.join(", ")}` : ""}`,
      test: (node) =>
        node.fate === 0 &&
        node.layer === Number(layer) &&
        (!names || wanted.includes(data.categories[node.category])),
    };
  }
  const wanted = {
    layer: () => Number(value),
    owner: () => data.owners.indexOf(value),
    category: () => data.categories.indexOf(value),
    fate: () => FATES.indexOf(value),
  }[kind]();
  const of = mode.properties[kind].of;
  const missing = kind === "owner" && wanted < 0;
  return {
    text: missing ? value : mode.properties[kind].name(wanted),
    key: `${kind}:${wanted}`,
    test: (node) => !missing && of(node) === wanted,
  };
}

function searchFilter(text) {
  const wanted = text.toLowerCase();
  return {
    text: `search: ${text}`,
    search: true,
    test: (node) => (node.lower ??= pathOf(node).toLowerCase()).includes(wanted),
  };
}

const shows = (node) => !state.filter || state.filter.test(node);
const showsAny = (node) => (node.kind === FOLDER ? node.children.some(showsAny) : shows(node));

/* -- colours: the largest values have one each ----------------------------------------------- */

function rankColours() {
  const of = mode.properties[state.colour].of,
    groups = new Map();
  eachLeaf(root, (node) => {
    if (!node[state.size]) return;
    if (!groups.has(of(node))) groups.set(of(node), []);
    groups.get(of(node)).push(node);
  });
  const size = (nodes) => nodes.reduce((sum, node) => sum + node[state.size], 0);
  const values = [...groups].sort((a, b) => size(b[1]) - size(a[1]));
  const colours = new Map();
  values.forEach(([value], i) => colours.set(value, mode.colourClass(state.colour, value, i)));
  return { values, colours, colour: (node) => colours.get(of(node)) || `c${COLOURS - 1}` };
}

/* -- drawing ---------------------------------------------------------------------------------- */

function about(node) {
  const box = byId("about");
  box.replaceChildren();
  add(
    box,
    "h3",
    {},
    node.name || !node.parent ? pathOf(node) : `${pathOf(node.parent)} · ${labelOf(node)}`,
  );
  const list = add(box, "dl");
  const row = (name, text) => {
    if (!text) return;
    add(list, "dt", {}, name);
    add(list, "dd", {}, text);
  };
  mode.facts(node, row);
  if (node.kind === FOLDER) aboutParts(list, node);
}

const shortened = (text) => (text.length > 48 ? `${text.slice(0, 47)}…` : text);

/* Whose a folder is, by the colour that is shown, and what is largest in it. */
function aboutParts(list, folder) {
  const { of, name, title } = mode.properties[state.colour],
    bytes = new Map();
  eachLeaf(folder, (node) => bytes.set(of(node), (bytes.get(of(node)) || 0) + node[state.size]));
  const parts = [...bytes].filter((pair) => pair[1] > 0).sort((a, b) => b[1] - a[1]);
  const inside = folder.children.filter((node) => mode.weight(node) > 0 && (node.name || node.air));
  inside.sort((a, b) => mode.weight(b) - mode.weight(a));
  add(list, "dt", {}, title);
  for (const [value, size] of parts.slice(0, 5)) {
    const part = add(list, "dd");
    add(part, "i", { class: `chip ${state.ranks.colours.get(value)}` });
    part.append(`${sizeText(size)} `);
    add(part, "span", { class: "muted", title: name(value) }, shortened(name(value)));
  }
  if (inside.length) add(list, "dt", {}, "the largest in it");
  for (const node of inside.slice(0, 6)) {
    const part = add(list, "dd", {}, `${mode.sizeText(node)} `);
    add(part, "code", {}, labelOf(node));
  }
}

function drawCrumbs() {
  const nav = byId("crumbs"),
    chain = [];
  nav.replaceChildren();
  for (let at = state.folder; at; at = at.parent) chain.unshift(at);
  chain.forEach((node, i) => {
    if (i > 1) add(nav, "span", {}, " / ");
    const last = i === chain.length - 1;
    const button = add(
      nav,
      "button",
      { type: "button", "aria-current": last ? "location" : null },
      node.air ? "removed" : node.parent ? node.name : "/",
    );
    button.addEventListener("click", () => open(node));
  });
  add(nav, "span", {}, ` — ${mode.sizeText(state.folder)}`);
}

function drawLegend(ranks) {
  const legend = byId("legend");
  legend.replaceChildren();
  for (const [value, nodes] of ranks.values.slice(0, 14)) {
    const key = `${state.colour}:${value}`,
      name = mode.properties[state.colour].name(value);
    const pressed = Boolean(state.filter && state.filter.key === key);
    const button = add(legend, "button", {
      type: "button",
      "aria-pressed": String(pressed),
      title: name,
    });
    add(button, "i", { class: `chip ${ranks.colours.get(value)}` });
    button.append(`${name} · ${mode.legendText(nodes)}`);
    const of = mode.properties[state.colour].of;
    button.addEventListener("click", () =>
      setFilter(pressed ? null : { text: name, key, test: (node) => of(node) === value }),
    );
  }
}

/* The files of the folder that pass the filter, the largest first: what the numbers stand for. */
function drawRows() {
  const box = byId("rows"),
    found = [];
  box.replaceChildren();
  if (!state.filter && state.folder === root) return;
  eachLeaf(state.folder, (node) => {
    if (shows(node) && node[state.size]) found.push(node);
  });
  found.sort((a, b) => mode.weight(b) - mode.weight(a));
  const table = add(add(box, "div", { class: "scroll" }), "table", { class: "sortable" });
  const what = state.filter ? state.filter.text : pathOf(state.folder);
  const more = found.length > ROWS ? `, the ${ROWS} largest of them` : "";
  const rows = `${countText(found.length)} rows${more}`;
  add(table, "caption", {}, `${what}: ${mode.legendText(found)} in ${rows}`);
  const head = add(add(table, "thead"), "tr"),
    body = add(table, "tbody");
  for (const title of mode.columns)
    add(head, "th", { scope: "col", class: title[0] === "+" ? "n" : null }, title.replace("+", ""));
  for (const node of found.slice(0, ROWS)) mode.cells(add(body, "tr"), node);
  makeSortable(table);
}

function draw() {
  const svg = byId("treemap"),
    ranks = (state.ranks = rankColours());
  const box = { x: 0, y: 0, w: svg.clientWidth, h: svg.clientHeight };
  svg.replaceChildren();
  state.tiles =
    state.folder.kind === FOLDER
      ? layOut(state.folder, box, (node) => node[state.size], 0, [])
      : [];
  for (const tile of state.tiles) {
    const { node } = tile;
    const size = mode.sizeText(node),
      title = labelOf(node);
    tile.group = drawTile(svg, tile, {
      title,
      size,
      colour: ranks.colour(node),
      overlay: mode.overlay(node),
      dim: Boolean(state.filter) && !showsAny(node),
      label: `${title}, ${size}${node.kind !== FOLDER ? mode.note(node) : ""}`,
    });
    tile.group.addEventListener("pointerenter", () => about(node));
    tile.group.addEventListener("focus", () => about(node));
    tile.group.addEventListener("click", () => activate(node));
  }
  focusTile(0, false);
  drawCrumbs();
  drawLegend(ranks);
  drawRows();
  about(state.folder);
}

/* -- what people do --------------------------------------------------------------------------- */

function open(folder) {
  const from = state.folder;
  state.folder = folder;
  draw();
  const at = state.tiles.findIndex((tile) => tile.node === from);
  if (at > 0) focusTile(at, false);
}

/* A click opens the folder in front, one step towards the tile. */
function activate(node) {
  let at = node;
  while (at && at.parent !== state.folder) at = at.parent;
  if (at && at.kind === FOLDER) open(at);
  else about(node);
}

function setFilter(filter) {
  state.filter = filter;
  const clear = byId("clear");
  clear.hidden = !filter || Boolean(filter.search);
  if (filter) clear.textContent = `${filter.text} ×`;
  if (!filter || !filter.search) byId("search").value = "";
  draw();
}

/* One tile can be tabbed to; arrow keys lead to the others of the same folder. */
function focusTile(index, take = true) {
  const old = state.tiles[state.focus],
    next = state.tiles[index];
  if (old) old.group.setAttribute("tabindex", -1);
  if (!next) return;
  state.focus = index;
  next.group.setAttribute("tabindex", 0);
  if (take) next.group.focus();
}

function stepFocus(step) {
  const parent = state.tiles[state.focus].node.parent;
  const among = state.tiles
    .map((tile, i) => (tile.node.parent === parent ? i : -1))
    .filter((i) => i >= 0);
  const at = among.indexOf(state.focus) + step;
  if (among[at] !== undefined) focusTile(among[at]);
}

function onKey(event) {
  const tile = state.tiles[state.focus];
  if (!tile || event.ctrlKey || event.metaKey || event.altKey) return;
  const inside = () => state.tiles.findIndex((other) => other.node.parent === tile.node);
  const keys = {
    ArrowRight: () => stepFocus(1),
    ArrowLeft: () => stepFocus(-1),
    ArrowDown: () => inside() >= 0 && focusTile(inside()),
    ArrowUp: () => {
      const outside = state.tiles.findIndex((other) => other.node === tile.node.parent);
      if (outside >= 0) focusTile(outside);
    },
    Enter: () => {
      openFrom(tile.node);
    },
    " ": () => {
      openFrom(tile.node);
    },
    Escape: leave,
    Backspace: leave,
  };
  if (!keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
}

function openFrom(node) {
  if (node.kind !== FOLDER) return;
  open(node);
  focusTile(0);
}

function leave() {
  if (!state.folder.parent) return;
  open(state.folder.parent);
  focusTile(state.focus);
}

function followFilter(event) {
  const link = event.target.closest("a[data-filter]");
  if (!link) return;
  state.folder = root;
  setFilter(filterOf(link.dataset.filter));
}

function startMap() {
  byId("tools").hidden = false;
  document.querySelector(".map").hidden = false;
  for (const name of ["size", "colour"])
    for (const input of document.querySelectorAll(`input[name=${name}]`))
      input.addEventListener("change", () => {
        state[name] = input.value;
        draw();
      });
  for (const input of document.querySelectorAll("input[name=size], input[name=colour]"))
    if (input.checked) state[input.name] = input.value;
  if (!data.compressed)
    document.querySelector("input[name=size]").closest("fieldset").hidden = true;
  byId("search").addEventListener("input", (event) =>
    setFilter(event.target.value ? searchFilter(event.target.value) : null),
  );
  byId("clear").addEventListener("click", () => setFilter(null));
  byId("treemap").addEventListener("keydown", onKey);
  document.addEventListener("click", followFilter);
  let width = 0;
  new ResizeObserver(() => {
    if (byId("treemap").clientWidth === width) return;
    width = byId("treemap").clientWidth;
    draw();
  }).observe(byId("treemap"));
}
