"use strict";
/* The columns of the page's data as a tree of nodes, with the sums of each folder. */

const FOLDER = 0,
  FILE = 1,
  MANY = 2;

function buildTree(columns) {
  const open = [];
  let root = null;
  columns.depth.forEach((depth, i) => {
    const node = {
      name: columns.name[i],
      kind: columns.kind[i],
      count: columns.count[i],
      raw: columns.raw[i],
      pull: columns.pull[i],
      layer: columns.layer[i],
      hider: columns.hider[i],
      owner: columns.owner[i],
      category: columns.category[i],
      fate: columns.fate[i],
      parent: depth ? open[depth - 1] : null,
      children: [],
      hidden: 0,
    };
    if (node.fate) node.hidden = node.raw;
    open[depth] = node;
    if (node.parent) node.parent.children.push(node);
    else root = node;
  });
  sumUp(root);
  return root;
}

/* Folders get the sums of what is in them, and the look of their largest part. */
function sumUp(node) {
  if (node.kind !== FOLDER) return node;
  let largest = null;
  for (const child of node.children) {
    sumUp(child);
    for (const key of ["raw", "pull", "count", "hidden"]) node[key] += child[key];
    if (!largest || child.raw > largest.raw) largest = child;
  }
  if (largest)
    for (const key of ["layer", "hider", "owner", "category", "fate"]) node[key] = largest[key];
  return node;
}

function pathOf(node) {
  const names = [];
  for (let at = node; at && at.parent; at = at.parent) names.unshift(at.name);
  return `/${names.join("/")}`;
}

function labelOf(node) {
  if (!node.parent) return "/";
  if (node.kind === MANY && !node.name) return `${countText(node.count)} smaller files`;
  return node.kind === FILE ? node.name : `${node.name}/`;
}

function eachLeaf(node, visit) {
  if (node.kind !== FOLDER) visit(node);
  else for (const child of node.children) eachLeaf(child, visit);
}

/* -- what a node has ------------------------------------------------------------------------ */

function layerText(index) {
  const layer = data.layers[index];
  if (!layer) return "";
  const line = layer.line ? `line ${layer.line}: ` : "";
  return `${index + 1} · ${line}${layer.made_by.split("\n")[0] || "(not told)"}`;
}

/* The value of a node by the switch "colour", and how it is called. */
const PROPERTIES = {
  layer: { of: (node) => node.layer, name: layerText },
  owner: {
    of: (node) => node.owner,
    name: (value) => (value < 0 ? "no package" : data.owners[value]),
  },
  category: { of: (node) => node.category, name: (value) => data.categories[value] },
  fate: { of: (node) => node.fate, name: (value) => FATES[value] },
};

function whyText(node) {
  const writer = `layer ${node.layer + 1}`,
    hider = `layer ${node.hider + 1}`;
  switch (node.fate) {
    case 1:
      return `${hider} deletes what ${writer} wrote; a pull still brings it.`;
    case 2:
      return `${hider} replaces what ${writer} wrote; a pull brings both.`;
    case 3:
      return `${hider} only changes owner, mode or times of what ${writer} wrote, and stores it again.`;
    default:
      return "";
  }
}
