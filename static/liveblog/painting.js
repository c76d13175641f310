// Waits for the next frame that the browser paints.

/**
 * Wait until the browser has painted the changes; in a hidden window, only for an instant. Work for which the reader
 * does not wait should follow this, because the browser responds to a click with its next frame.
 *
 * @returns {Promise<void>}
 */
export function afterPaint() {
  return new Promise((resolve) => {
    if (document.hidden) setTimeout(resolve);
    else requestAnimationFrame(() => setTimeout(resolve));
  });
}
