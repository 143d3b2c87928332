"use strict";
/* Small things that all parts use: elements, sizes, the data of the page. Text of an image only
   ever becomes a text node or an attribute's value. */

const SVG = "http://www.w3.org/2000/svg";

function add(parent, name, attributes = {}, text = null) {
  const element =
    parent.namespaceURI === SVG || name === "svg"
      ? document.createElementNS(SVG, name)
      : document.createElement(name);
  for (const [key, value] of Object.entries(attributes))
    if (value !== null && value !== false) element.setAttribute(key, value);
  if (text !== null) element.textContent = text;
  parent.append(element);
  return element;
}

const byId = (id) => document.getElementById(id);

/* As the rest of the page prints it: decimal units, one digit. */
function sizeText(bytes) {
  const units = ["kB", "MB", "GB", "TB", "PB", "EB"];
  if (bytes < 1000) return `${bytes} B`;
  let value = bytes / 1000,
    unit = 0;
  while (value >= 999.95 && unit + 1 < units.length) {
    value /= 1000;
    unit++;
  }
  return `${value.toFixed(1)} ${units[unit]}`;
}

const countText = (count) => String(count).replace(/\B(?=(\d{3})+$)/g, ",");
const shareText = (part, whole) => `${(whole ? (100 * part) / whole : 0).toFixed(1)} %`;

const data = JSON.parse(byId("data").textContent);
