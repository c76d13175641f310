// Waits for the next picture of the window.

/**
 * Wait until the window shows what has changed; in a hidden one, which shows nothing, for an instant. Work that the
 * reader does not wait for belongs behind it: the browser answers a press with its next picture.
 *
 * @returns {Promise<void>}
 */
export function afterPaint() {
  return new Promise((resolve) => {
    if (document.hidden) setTimeout(resolve);
    else requestAnimationFrame(() => setTimeout(resolve));
  });
}
