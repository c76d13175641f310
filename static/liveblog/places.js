// The places of what the reader sees. When a frame moves it, it glides there from where it was: a transform is no layout
// shift (https://github.com/WICG/layout-instability), and the eye can follow.
import { findAll } from "./dom.js";

const PARTS =
  ".masthead, .masthead > .wrap > *, .columns, .columns > *, .columns > * > *, .live-blog > *, .updates > *, " +
  ".in-short > *, .moments li";
const DURATION = 450;

/** @typedef {{ x: number, y: number }} Distance */

/** The places of the parts of a page at one moment. */
export class Places {
  /** @type {Map<Element, DOMRect>} */
  #places = new Map();
  #scrolled = scrollY;

  /** @param {HTMLElement} root */
  constructor(root) {
    for (const part of findAll(root, PARTS)) {
      const place = part.getBoundingClientRect();
      if (place.bottom > 0 && place.top < innerHeight) this.#places.set(part, place);
    }
  }

  /** Let each part that has another place now glide there. */
  glide() {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const scrolled = scrollY - this.#scrolled;
    /** @type {Map<Element, Distance>} */
    const moved = new Map();
    for (const [part, before] of this.#places) {
      const now = part.getBoundingClientRect();
      if (part.isConnected) moved.set(part, { x: before.left - now.left, y: before.top - scrolled - now.top });
    }
    for (const [part, distance] of moved) {
      // It moves with what it stands in.
      const around = moved.get(ancestorIn(part, moved) ?? part);
      const own = around === distance || !around ? distance : { x: distance.x - around.x, y: distance.y - around.y };
      if (Math.abs(own.x) < 1 && Math.abs(own.y) < 1) continue;
      part.animate([{ transform: `translate(${own.x}px, ${own.y}px)` }, { transform: "none" }], {
        duration: still ? 1 : DURATION,
        easing: "ease-out",
      });
    }
  }
}

/**
 * @param {Element} part
 * @param {Map<Element, Distance>} parts
 */
function ancestorIn(part, parts) {
  for (let around = part.parentElement; around; around = around.parentElement) if (parts.has(around)) return around;
  return null;
}
