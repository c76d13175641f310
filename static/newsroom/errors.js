// Moves the focus to the first invalid field of a form, so that screen readers read its error.
import { findAll } from "../liveblog/dom.js";

findAll(document, "main [aria-invalid=true]")
  .find((field) => field.checkVisibility())
  ?.focus();
