// Makes large photos smaller before they are sent. The server checks every file, and scales those that come as they
// are.

/** Photos below this size are sent as they are, in bytes. */
const LARGE = 2_000_000;
/** The beginning of a file holds the texts that agencies write into it, in bytes; a canvas would lose them. */
const HEAD = 300_000;

/**
 * Scale a photo down.
 *
 * @param {File} file
 * @param {number} side the longest side that it may have, in pixels
 * @returns {Promise<{ file: File, head: Blob } | null>} the smaller photo with the beginning of the original; null if
 *   there is nothing to be gained
 */
export async function downscale(file, side) {
  if (file.type !== "image/jpeg" || file.size < LARGE || !globalThis.OffscreenCanvas) return null;
  try {
    const bitmap = await createImageBitmap(file);
    const scale = side / Math.max(bitmap.width, bitmap.height);
    if (scale >= 1) return null;
    const canvas = new OffscreenCanvas(Math.round(bitmap.width * scale), Math.round(bitmap.height * scale));
    const context = canvas.getContext("2d");
    if (!context) return null;
    context.imageSmoothingQuality = "high";
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.92 });
    return { file: new File([blob], file.name, { type: blob.type }), head: file.slice(0, HEAD) };
  } catch {
    // Too large for this machine, or damaged: the server says which.
    return null;
  }
}
