"use strict";
/* The columns of the page's data as a tree of nodes, with the sums of each folder. */

const FOLDER = 0,
  FILE = 1,
  MANY = 2;

function buildTree(columns) {
  const keys = Object.keys(columns),
    open = [];
  columns.depth.forEach((depth, i) => {
    const node = { parent: depth ? open[depth - 1] : null, children: [] };
    for (const key of keys) node[key] = columns[key][i];
    mode.prepare(node);
    open[depth] = node;
    if (node.parent) node.parent.children.push(node);
  });
  return sumUp(open[0]);
}

/* Folders get the sums of what is in them, and the look of their largest part. */
function sumUp(node) {
  if (node.kind !== FOLDER) return node;
  let largest = null;
  for (const child of node.children) {
    sumUp(child);
    for (const key of mode.sums) node[key] += child[key];
    if (!largest || child.raw > largest.raw) largest = child;
  }
  if (largest) for (const key of mode.looks) node[key] = largest[key];
  mode.finish(node);
  return node;
}

/* Folders of the map that stand in no image ("removed") have no name. */
function pathOf(node) {
  const names = [];
  for (let at = node; at && at.parent; at = at.parent) if (!at.air) names.unshift(at.name);
  return `/${names.join("/")}`;
}

function labelOf(node) {
  if (!node.parent) return "/";
  if (node.air) return "removed";
  if (node.kind === MANY && !node.name) return `${countText(node.count)} smaller files`;
  return node.kind === FILE ? node.name : `${node.name}/`;
}

function eachLeaf(node, visit) {
  if (node.kind !== FOLDER) visit(node);
  else for (const child of node.children) eachLeaf(child, visit);
}
