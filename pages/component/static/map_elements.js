// @ts-check
// Small things that every part of the map builds from. Data goes into the page as text only, never as markup.

const SVG = "http://www.w3.org/2000/svg";

/** @type {(number: number) => string} */
export const format = (number) => number.toLocaleString("en");

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} className "" for none
 * @param {string} [text] from data or ours: it is shown as it is
 */
export function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

/**
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} [className]
 */
export function svgElement(tag, className) {
  const made = document.createElementNS(SVG, tag);
  if (className) made.setAttribute("class", className);
  return made;
}
