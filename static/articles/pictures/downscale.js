// Scales large pictures down before they are sent. The server checks every file, and scales the others; but it limits
// the number of pixels, however few bytes a file has.

/** Pictures below this size in bytes are sent unchanged if the server accepts their number of pixels. */
const LARGE = 2_000_000;
/** Bytes of the beginning of a file, with the texts that agencies write into it; a canvas would lose them. */
const HEAD = 300_000;
/** The types that the server accepts. Some systems do not report the type of a file. */
const TYPES = new Set(["image/jpeg", "image/png", "image/webp", "image/avif", "image/gif", ""]);

/**
 * @typedef {object} Limits
 * @property {number} side the longest side that a picture is kept with, in pixels
 * @property {number} pixels the greatest number of pixels that the server accepts
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
 * scaling gains nothing
 */
export async function downscale(file, limits) {
  if (!TYPES.has(file.type) || !globalThis.OffscreenCanvas) return null;
  try {
    const bitmap = await createImageBitmap(file);
    const { width, height } = bitmap;
    const scale = limits.side / Math.max(width, height);
    const needed = scale < 1 && (file.size >= LARGE || width * height > limits.pixels);
    // Only one frame of an animation would remain; the server explains its refusal.
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
    // Only JPEG is never transparent, regardless of the name of the file.
    const type = (await isJpeg(file)) ? "image/jpeg" : "image/png";
    const blob = await canvas.convertToBlob({ type, quality: 0.92 });
    return { file: new File([blob], file.name, { type: blob.type }), head: file.slice(0, HEAD) };
  } catch {
    // The picture is too large for this device, or damaged: the server finds out which.
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
