// Posts the secret of a link, which is in the fragment of the address so that it is not logged. Without this module the
// reader copies it into the field.
import { control, find } from "./dom.js";

const form = document.querySelector("form[data-secret-form]");
const secret = location.hash.slice(1);
if (form instanceof HTMLFormElement && secret) {
  control(form, "secret").value = decodeURIComponent(secret);
  find(form, "[data-secret-field]").hidden = true;
  // The address of the next page keeps the secret, too, so that the page can be reloaded.
  form.action += location.hash;
  if ("auto" in form.dataset) form.submit();
}
