// The field for the photo of an article: scales down a picture that is too large before the form sends it.
import { findAll, make } from "../liveblog/dom.js";
import { downscale, limitsIn } from "./pictures/downscale.js";

/** @param {HTMLInputElement} input */
function watch(input) {
  /** @type {Promise<void> | null} */
  let working = null;

  async function shrink() {
    const file = input.files?.[0];
    const smaller = file && (await downscale(file, limitsIn(input)));
    // Another one may have been chosen in the meantime.
    if (!smaller || input.files?.[0] !== file) return;
    const transfer = new DataTransfer();
    transfer.items.add(smaller.file);
    input.files = transfer.files;
  }

  /** Show the chosen picture. The policy of the page allows data:, but not blob:. */
  function show() {
    const file = input.files?.[0];
    const place = input.closest(".photo-input");
    if (!file || !place) return;
    const reader = new FileReader();
    reader.addEventListener("load", () => {
      const image = place.querySelector("img") ?? make("img", { alt: "" });
      image.src = String(reader.result);
      place.prepend(image);
    });
    reader.readAsDataURL(file);
  }

  input.addEventListener("change", () => {
    show();
    const mine = shrink().finally(() => {
      if (working === mine) working = null;
    });
    working = mine;
  });
  input.form?.addEventListener("submit", async (event) => {
    if (!working) return;
    event.preventDefault();
    const { submitter } = event;
    await working;
    input.form?.requestSubmit(submitter);
  });
}

for (const input of findAll(document, "input[type=file][data-pixels]")) {
  if (input instanceof HTMLInputElement) watch(input);
}
