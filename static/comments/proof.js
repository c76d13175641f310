// The proof that this browser belongs to the owner of an e-mail address, which the confirmation page provides.
import { store } from "../liveblog/storage.js";

/** The key under which the proof is stored. */
export const PROOF = "comment-proof";

const proof = document.querySelector("[data-proof]")?.getAttribute("data-proof");
if (proof) store(PROOF, JSON.stringify(proof));
