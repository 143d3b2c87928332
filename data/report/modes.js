"use strict";
/* What a map shows of one image, and what it shows of two. Each mode says how rows of the data become
   nodes, what a tile and the panel beside the map say, and which columns the table below has. */

function layerText(index) {
  const layer = data.layers[index];
  if (!layer) return "";
  const line = layer.line ? `line ${layer.line}: ` : "";
  const made = layer.made_by.split("\n")[0] || "(not told)";
  return `${index + 1} · ${line}${made.length > 90 ? `${made.slice(0, 90)}…` : made}`;
}

function numberCell(row, value, text) {
  add(add(row, "td", { class: "n" }), "data", { value }, text);
}

function pathCell(row, node) {
  const path =
    node.kind === MANY
      ? `${pathOf(node)}${node.name ? "/" : ""} (${countText(node.count)} files)`
      : pathOf(node);
  add(add(row, "td", { class: "path" }), "code", {}, path);
}

function chipCell(row, look, text) {
  const cell = add(row, "td", { class: "fate" });
  add(cell, "i", { class: `chip ${look}` });
  cell.append(text);
}

/* -- one image -------------------------------------------------------------------------------- */

const FATES = ["live", "deleted", "replaced", "touched"];

function whyText(node) {
  const writer = `layer ${node.layer + 1}`,
    hider = `layer ${node.hider + 1}`;
  return [
    "",
    `${hider} deletes what ${writer} wrote; a pull still brings it.`,
    `${hider} replaces what ${writer} wrote; a pull brings both.`,
    `${hider} only changes owner, mode or times of what ${writer} wrote, and stores it again.`,
  ][node.fate];
}

const imageMode = {
  colour: "layer",
  sums: ["raw", "pull", "count", "hidden"],
  looks: ["layer", "hider", "owner", "category", "fate"],
  /* The value of a node by the switch "colour", and how it is called. */
  properties: {
    layer: { of: (node) => node.layer, name: layerText, title: "by instruction" },
    owner: {
      of: (node) => node.owner,
      name: (value) => (value < 0 ? "no package" : data.owners[value]),
      title: "by package",
    },
    category: {
      of: (node) => node.category,
      name: (value) => data.categories[value],
      title: "by category",
    },
    fate: { of: (node) => node.fate, name: (value) => FATES[value], title: "by fate" },
  },
  prepare(node) {
    node.hidden = node.fate ? node.raw : 0;
  },
  finish() {},
  colourClass(kind, value, rank) {
    const named = kind === "owner" ? COLOURS - 1 : COLOURS;
    if (kind === "fate") return `f${value}`;
    if (value < 0) return `c${COLOURS - 1}`;
    return `c${(kind === "layer" ? value : rank) % named}`;
  },
  weight: (node) => node[state.size],
  sizeText: (node) => sizeText(node[state.size]),
  legendText: (nodes) => sizeText(nodes.reduce((sum, node) => sum + node[state.size], 0)),
  overlay: (node) => (node.fate ? { class: "veil", share: 1 } : null),
  note: (node) => (node.fate ? `, ${FATES[node.fate]}` : ""),
  facts(node, row) {
    row("files", `${sizeText(node.raw)} · ${shareText(node.raw, root.raw)} of the image`);
    if (data.compressed) row("pull", sizeText(node.pull));
    if (node.kind !== FILE) row("number of files", countText(node.count));
    if (node.kind === FOLDER) {
      if (node.hidden)
        row("hidden", `${sizeText(node.hidden)} · ${shareText(node.hidden, node.raw)}`);
      return;
    }
    const most = node.kind === MANY ? "mostly " : "";
    row("written by", layerText(node.layer));
    row("package", most + this.properties.owner.name(node.owner));
    row("category", most + this.properties.category.name(node.category));
    row("fate", FATES[node.fate]);
    row("hidden by", node.fate ? layerText(node.hider) : "");
    row("why", whyText(node));
  },
  columns: ["+files", "+pull", "path", "layer", "package", "category", "fate"],
  cells(row, node) {
    numberCell(row, node.raw, sizeText(node.raw));
    numberCell(row, node.pull, sizeText(node.pull));
    pathCell(row, node);
    const layer = layerText(node.layer);
    add(row, "td", { class: "cmd", "data-v": node.layer, title: layer }, layer);
    add(row, "td", {}, this.properties.owner.name(node.owner));
    add(row, "td", {}, data.categories[node.category]);
    chipCell(row, `f${node.fate}`, FATES[node.fate]);
  },
};

/* -- two images ------------------------------------------------------------------------------- */

const CHANGES = ["same", "other content", "grown", "shrunk", "new", "removed"];
const GONE = 5;

const before = (node) => (state.size === "raw" ? node.a : node.a_pull);
const after = (node) => (state.size === "raw" ? node.b : node.b_pull);

function deltaText(by) {
  if (!by) return "±0 B";
  return `${by > 0 ? "+" : "−"}${sizeText(Math.abs(by))}`;
}

/* What is gone takes no part in the new image: it stands together, as air. */
function gatherAir(folder) {
  const gone = folder.children.filter((node) => !node.b && !node.b_pull && (node.a || node.a_pull));
  if (!gone.length || (!folder.b && !folder.b_pull)) return;
  const air = { ...gone[0], name: "", kind: FOLDER, air: true, parent: folder, children: gone };
  for (const key of diffMode.sums) air[key] = gone.reduce((sum, node) => sum + node[key], 0);
  air.change = GONE;
  for (const node of gone) node.parent = air;
  folder.children = folder.children.filter((node) => !gone.includes(node));
  folder.children.push(air);
}

const diffMode = {
  colour: "change",
  sums: ["raw", "pull", "count", "a", "b", "a_pull", "b_pull"],
  looks: ["change"],
  properties: {
    change: { of: (node) => node.change, name: (value) => CHANGES[value], title: "by change" },
  },
  /* An area is that of the image where it weighs more. */
  prepare(node) {
    node.raw = Math.max(node.a, node.b);
    node.pull = Math.max(node.a_pull, node.b_pull);
  },
  finish: gatherAir,
  colourClass: (kind, value) => `d${value}`,
  weight: (node) => Math.abs(after(node) - before(node)),
  sizeText(node) {
    const by = after(node) - before(node);
    if (!after(node) || !before(node)) return deltaText(by);
    return by ? `${sizeText(after(node))} (${deltaText(by)})` : sizeText(after(node));
  },
  legendText: (nodes) =>
    deltaText(nodes.reduce((sum, node) => sum + after(node) - before(node), 0)),
  overlay(node) {
    const most = Math.max(before(node), after(node)) || 1;
    const share = Math.abs(after(node) - before(node)) / most;
    return {
      2: { class: "more", share },
      3: { class: "air", share },
      5: { class: "air", share: 1 },
    }[node.change];
  },
  note: (node) => `, ${CHANGES[node.change]}`,
  facts(node, row) {
    const by = after(node) - before(node);
    row("before", sizeText(node.a) + (data.compressed ? ` · pull ${sizeText(node.a_pull)}` : ""));
    row("after", sizeText(node.b) + (data.compressed ? ` · pull ${sizeText(node.b_pull)}` : ""));
    row("by", `${deltaText(by)} · ${shareText(Math.abs(by), before(node))}`);
    if (node.kind !== FILE) row("number of files", countText(node.count));
    if (node.kind !== FOLDER) row("change", CHANGES[node.change]);
  },
  columns: ["+by", "+before", "+after", "path", "change"],
  cells(row, node) {
    const by = after(node) - before(node);
    numberCell(row, by, deltaText(by));
    numberCell(row, before(node), sizeText(before(node)));
    numberCell(row, after(node), sizeText(after(node)));
    pathCell(row, node);
    chipCell(row, `d${node.change}`, CHANGES[node.change]);
  },
};

const mode = data.mode === "diff" ? diffMode : imageMode;
