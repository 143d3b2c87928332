"use strict";
/* A squarified treemap: each folder's children are laid in rows along its shorter side, and a row
   takes another tile as long as its tiles become more square. */

const HEAD = 18,
  GAP = 2,
  TINY = 3,
  OPENS = 22;

function worstShape(row, sum, side, scale) {
  const thickness = (sum * scale) / side;
  let worst = 0;
  for (const item of [row[0], row[row.length - 1]]) {
    const length = (item.weight * scale) / thickness;
    worst = Math.max(worst, thickness / length, length / thickness);
  }
  return worst;
}

/* Items {node, weight} by falling weight into a box; gives [{node, x, y, w, h}]. */
function squarify(items, box) {
  const tiles = [];
  let { x, y, w, h } = box;
  let rest = items.reduce((sum, item) => sum + item.weight, 0);
  for (let i = 0; i < items.length;) {
    const scale = (w * h) / rest,
      side = Math.min(w, h);
    const row = [items[i]];
    let sum = items[i++].weight,
      shape = worstShape(row, sum, side, scale);
    while (i < items.length) {
      const next = worstShape([...row, items[i]], sum + items[i].weight, side, scale);
      if (next > shape) break;
      row.push(items[i]);
      sum += items[i++].weight;
      shape = next;
    }
    const thickness = side ? (sum * scale) / side : 0;
    let at = 0;
    for (const item of row) {
      const length = thickness ? (item.weight * scale) / thickness : 0;
      tiles.push(
        w >= h
          ? { node: item.node, x, y: y + at, w: thickness, h: length }
          : { node: item.node, x: x + at, y, w: length, h: thickness },
      );
      at += length;
    }
    if (w >= h) [x, w] = [x + thickness, w - thickness];
    else [y, h] = [y + thickness, h - thickness];
    rest -= sum;
  }
  return tiles;
}

/* The tiles of a folder and of all folders in it that are large enough to look into. */
function layOut(folder, box, weigh, depth, out) {
  const items = folder.children
    .map((node) => ({ node, weight: weigh(node) }))
    .filter((item) => item.weight > 0)
    .sort((a, b) => b.weight - a.weight);
  for (const tile of squarify(items, box)) {
    if (tile.w < TINY || tile.h < TINY) continue;
    const opens = tile.node.kind === FOLDER && tile.w > OPENS && tile.h > OPENS + HEAD;
    out.push({ ...tile, depth, opens });
    if (opens)
      layOut(
        tile.node,
        {
          x: tile.x + GAP,
          y: tile.y + HEAD,
          w: tile.w - 2 * GAP,
          h: tile.h - HEAD - GAP,
        },
        weigh,
        depth + 1,
        out,
      );
  }
  return out;
}

/* Text cut to a width: seven pixels a character, near enough for a system font. */
function fit(text, width) {
  const most = Math.floor((width - 8) / 6.9);
  if (most < 3) return "";
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

function drawTile(svg, tile, look) {
  const { node, x, y, w, h } = tile;
  const group = add(svg, "g", {
    tabindex: -1,
    role: "button",
    "aria-label": look.label,
    class: `${tile.opens ? "folder" : "leaf"}${node.air ? " gone" : ""}${tile.depth % 2 ? " deep" : ""}${look.dim ? " dim" : ""}`,
  });
  const place = { x: x.toFixed(1), y: y.toFixed(1), width: w.toFixed(1), height: h.toFixed(1) };
  add(group, "rect", { ...place, rx: 2, class: tile.opens ? null : look.colour });
  if (!tile.opens && look.overlay) {
    const width = w * look.overlay.share;
    const part = { ...place, x: (x + w - width).toFixed(1), width: width.toFixed(1) };
    add(group, "rect", { ...part, rx: 2, class: look.overlay.class });
  }
  const title = fit(look.title, w);
  if (title && h > 15) add(group, "text", { x: (x + 5).toFixed(1), y: (y + 13).toFixed(1) }, title);
  const size = fit(look.size, w);
  if (tile.opens && title && w > 6.9 * (title.length + look.size.length + 3))
    add(
      group,
      "text",
      { x: (x + w - 5).toFixed(1), y: (y + 13).toFixed(1), class: "size", "text-anchor": "end" },
      look.size,
    );
  else if (!tile.opens && size && h > 32)
    add(group, "text", { x: (x + 5).toFixed(1), y: (y + 27).toFixed(1), class: "size" }, size);
  return group;
}
