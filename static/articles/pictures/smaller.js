// Makes large photos smaller before they are sent. The server checks and does the same with what comes as it is.

const LARGE = 2_000_000;
/** In the beginning of a file stand the words that agencies write into it; a canvas would lose them. */
const HEAD = 300_000;

/** {file, head} with the photo smaller and the beginning of the original; null where there is nothing to be gained. */
export async function smaller(file, side) {
  if (file.type !== "image/jpeg" || file.size < LARGE || !globalThis.OffscreenCanvas) return null;
  try {
    const bitmap = await createImageBitmap(file);
    const scale = side / Math.max(bitmap.width, bitmap.height);
    if (scale >= 1) return null;
    const canvas = new OffscreenCanvas(Math.round(bitmap.width * scale), Math.round(bitmap.height * scale));
    const context = canvas.getContext("2d");
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
