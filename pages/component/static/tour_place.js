// @ts-check
// Where the card of the tour stands: beside what it speaks of, inside the window. No DOM here.
/** @import { Rect } from "../map_types.d.ts" */

const GAP = 14; // pixels between the card and what it speaks of, and to the border of the window

/**
 * The upper left corner of the card: below its target, above it, right or left of it, whichever has room first; in a lower corner where
 * the target leaves none, and in the middle of the window where there is no target.
 *
 * @param {Rect | null} target in the window
 * @param {{ width: number, height: number }} card
 * @param {{ width: number, height: number }} room the window
 * @returns {{ left: number, top: number }}
 */
export function place(target, card, room) {
  const most = { left: room.width - card.width - GAP, top: room.height - card.height - GAP };
  /** @type {(left: number, top: number) => { left: number, top: number }} */
  const inside = (left, top) => ({ left: Math.max(GAP, Math.min(left, most.left)), top: Math.max(GAP, Math.min(top, most.top)) });
  if (!target) return inside((room.width - card.width) / 2, (room.height - card.height) / 2);
  const middle = { left: (target.left + target.right - card.width) / 2, top: (target.top + target.bottom - card.height) / 2 };
  if (target.bottom + GAP <= most.top) return inside(middle.left, target.bottom + GAP);
  if (target.top - GAP - card.height >= GAP) return inside(middle.left, target.top - GAP - card.height);
  if (target.right + GAP <= most.left) return inside(target.right + GAP, middle.top);
  if (target.left - GAP - card.width >= GAP) return inside(target.left - GAP - card.width, middle.top);
  return inside(GAP, most.top);
}
