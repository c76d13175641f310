// The positions of visible elements. When a frame moves one, it glides to its new position: a transform is no layout
// shift (https://github.com/WICG/layout-instability), and the eye can follow.
import { findAll } from "./dom.js";

const PARTS =
  ".masthead, .masthead > .wrap > *, .columns, .columns > *, .columns > * > *, .live-blog > *, .updates > *, " +
  ".in-short > *, .moments li";
const DURATION = 450;

/** @typedef {{ x: number, y: number }} Distance */

/**
 * The parts that are displayed away from their positions: they glide, or begin to with the next animation frame.
 * @type {Map<HTMLElement, Animation | null>}
 */
const gliding = new Map();
/** The request for the next frame of the animation. */
let next = 0;

/** The positions of the parts of a page at one moment. */
export class Places {
  /** @type {Map<HTMLElement, DOMRect>} */
  #places = new Map();

  /** @param {HTMLElement} root */
  constructor(root) {
    // Nobody sees movements in a hidden page.
    if (document.hidden) return;
    for (const part of findAll(root, PARTS)) this.add(part);
  }

  /** @param {HTMLElement} part */
  add(part) {
    const place = part.getBoundingClientRect();
    // Parts within a window's height of the window may come into view. A hidden part has no position.
    const near = place.width && place.bottom > -innerHeight && place.top < 2 * innerHeight;
    if (near) this.#places.set(part, place);
    return near;
  }

  /** Let each part with a new position glide there. One that is already gliding turns where it is displayed. */
  glide() {
    for (const [part, animation] of gliding) {
      animation?.cancel();
      release(part);
    }
    gliding.clear();
    /** @type {Map<HTMLElement, Distance>} */
    const moved = new Map();
    for (const [part, before] of this.#places) {
      if (!part.isConnected) continue;
      const now = part.getBoundingClientRect();
      moved.set(part, { x: before.left - now.left, y: before.top - now.top });
    }
    for (const [part, distance] of moved) {
      // It moves with its container.
      const around = ancestorIn(part, moved);
      const own = around ? { x: distance.x - around.x, y: distance.y - around.y } : distance;
      if (Math.abs(own.x) < 1 && Math.abs(own.y) < 1) continue;
      part.style.transform = `translate(${own.x}px, ${own.y}px)`;
      gliding.set(part, null);
    }
    // Chromium counts each move within an animated element as a layout shift. So the parts begin to move one frame
    // after the change.
    cancelAnimationFrame(next);
    if (gliding.size) {
      next = requestAnimationFrame(() => {
        next = requestAnimationFrame(start);
      });
    }
  }
}

/** Let the parts that wait for it begin to glide. */
function start() {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  for (const part of gliding.keys()) {
    const { transform } = part.style;
    release(part);
    if (still) {
      gliding.delete(part);
      continue;
    }
    const glide = part.animate([{ transform }, { transform: "none" }], { duration: DURATION, easing: "ease-out" });
    gliding.set(part, glide);
    glide.addEventListener("finish", () => gliding.delete(part));
  }
}

/**
 * Display a part at its position.
 *
 * @param {HTMLElement} part
 */
function release(part) {
  part.style.transform = "";
  if (!part.getAttribute("style")) part.removeAttribute("style");
}

/**
 * @param {HTMLElement} part
 * @param {Map<HTMLElement, Distance>} parts
 */
function ancestorIn(part, parts) {
  for (let around = part.parentElement; around; around = around.parentElement) {
    const found = parts.get(around);
    if (found) return found;
  }
  return null;
}
