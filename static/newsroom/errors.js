// A form that comes back with errors: the focus goes to the first field that has one, so that screen readers read it.
import { findAll } from "../liveblog/dom.js";

findAll(document, "main [aria-invalid=true]")
  .find((field) => field.checkVisibility())
  ?.focus();
