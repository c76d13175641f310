// Logs in with a passkey, or makes one (W3C, Web Authentication, Level 3).
import { control, find, findAll } from "../liveblog/dom.js";

const POSSIBLE = typeof globalThis.PublicKeyCredential?.parseCreationOptionsFromJSON === "function";

/**
 * Make a passkey: a credential that the device keeps, and that opens the account without a password.
 *
 * @param {any} options as the server sent them
 * @returns {Promise<Credential | null>}
 */
function create({ publicKey }) {
  const selection = { ...publicKey.authenticatorSelection, residentKey: "required", userVerification: "required" };
  selection.requireResidentKey = true;
  const json = { ...publicKey, authenticatorSelection: selection };
  return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(json) });
}

/**
 * Ask for a passkey that exists.
 *
 * @param {any} options as the server sent them
 * @returns {Promise<Credential | null>}
 */
function get({ publicKey }) {
  return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) });
}

/**
 * Return the credential that a form needs.
 *
 * @param {HTMLFormElement} form
 * @returns {Promise<Credential | null>}
 */
async function credentialFor({ dataset }) {
  if (dataset.create) return create(optionsIn(dataset.create));
  if (dataset.options) return get(optionsIn(dataset.options));
  const answer = await fetch(dataset.ask ?? "", { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`answered ${answer.status}`);
  return get((await answer.json()).request_options);
}

/** @param {string} id of the element that holds the options */
function optionsIn(id) {
  return JSON.parse(document.getElementById(id)?.textContent ?? "{}");
}

/** @param {HTMLFormElement} form */
function setUp(form) {
  const problem = find(form, "[role=alert]");
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    problem.hidden = true;
    try {
      control(form, "credential").value = JSON.stringify(await credentialFor(form));
      form.submit();
    } catch {
      problem.textContent = form.dataset.failed ?? "";
      problem.hidden = false;
    }
  });
}

const forms = /** @type {HTMLFormElement[]} */ (findAll(document, "form.passkey-form"));
const notice = document.getElementById("no-passkeys");
if (POSSIBLE) forms.forEach(setUp);
else if (notice) {
  notice.hidden = false;
  for (const form of forms) form.hidden = true;
}
