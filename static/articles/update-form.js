// The pictures of the admin's form of an update.
import { Pictures } from "./pictures.js";

for (const container of document.querySelectorAll("[data-pictures]")) {
  if (container instanceof HTMLElement) new Pictures(container);
}
