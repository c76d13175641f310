// Makes large pictures smaller before they are sent. The server checks every file, and scales those that come as they
// are; but it takes no more than a number of pixels, however few bytes they have.

/** Pictures below this size are sent as they are if the server takes so many pixels, in bytes. */
const LARGE = 2_000_000;
/** The beginning of a file holds the texts that agencies write into it, in bytes; a canvas would lose them. */
const HEAD = 300_000;
/** The types that the server takes. Some systems do not know the type of a file. */
const TYPES = new Set(["image/jpeg", "image/png", "image/webp", "image/avif", "image/gif", ""]);

/**
 * @typedef {object} Limits
 * @property {number} side the longest side that a picture is kept with, in pixels
 * @property {number} pixels the most pixels that the server takes
 */

/**
 * Read the limits that the server has written into an element.
 *
 * @param {HTMLElement} element
 * @returns {Limits}
 */
export function limitsIn(element) {
  return { side: Number(element.dataset.side), pixels: Number(element.dataset.pixels) };
}

/**
 * Scale a picture down.
 *
 * @param {File} file
 * @param {Limits} limits
 * @returns {Promise<{ file: File, head: Blob } | null>} the smaller picture with the beginning of the original; null if
 *   there is nothing to be gained
 */
export async function downscale(file, limits) {
  if (!TYPES.has(file.type) || !globalThis.OffscreenCanvas) return null;
  try {
    const bitmap = await createImageBitmap(file);
    const { width, height } = bitmap;
    const scale = limits.side / Math.max(width, height);
    const needed = scale < 1 && (file.size >= LARGE || width * height > limits.pixels);
    // Of a moving picture one frame would be left; the server says why it takes none.
    if (!needed || (await isMoving(file))) {
      bitmap.close();
      return null;
    }
    const canvas = new OffscreenCanvas(Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)));
    const context = canvas.getContext("2d");
    if (!context) return null;
    context.imageSmoothingQuality = "high";
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    // Only JPEG is never transparent, whatever the name of the file says.
    const type = (await isJpeg(file)) ? "image/jpeg" : "image/png";
    const blob = await canvas.convertToBlob({ type, quality: 0.92 });
    return { file: new File([blob], file.name, { type: blob.type }), head: file.slice(0, HEAD) };
  } catch {
    // Too large for this machine, or damaged: the server says which.
    return null;
  }
}

/** @param {File} file */
async function isJpeg(file) {
  const [first, second] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  return first === 0xff && second === 0xd8;
}

/** @param {File} file */
async function isMoving(file) {
  if (!("ImageDecoder" in globalThis) || !file.type || (await isJpeg(file))) return false;
  const decoder = new ImageDecoder({ data: file.stream(), type: file.type });
  try {
    // Chromium calls every GIF animated until it has counted the frames.
    await decoder.completed;
    return (decoder.tracks.selectedTrack?.frameCount ?? 1) > 1;
  } catch {
    return false;
  } finally {
    decoder.close();
  }
}
