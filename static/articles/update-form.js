// The pictures of the admin's form of an update.
import { Pictures } from "./pictures.js";

for (const container of document.querySelectorAll("[data-pictures]")) new Pictures(container);
