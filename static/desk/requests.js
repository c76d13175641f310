// Requests of the desk. Who is logged out in the meantime is told so, and loses nothing.

export class LoggedOut extends Error {}

//: How long to wait for an answer, in milliseconds.
const PATIENCE = 20_000;

// Throws LoggedOut, or another error where the server cannot be reached.
async function ask(url, options) {
  const signal = AbortSignal.timeout(PATIENCE);
  const response = await fetch(url, { ...options, signal, headers: { Accept: "application/json" } });
  const kind = response.headers.get("Content-Type") ?? "";
  if (response.redirected || response.status === 403) throw new LoggedOut();
  // A proxy that answers for a server that is away.
  if (response.status >= 502) throw new TypeError(`answered ${response.status}`);
  return { status: response.status, json: kind.includes("json") ? await response.json() : null };
}

export const get = (url) => ask(url, {});

export function post(url, body = new FormData()) {
  // Of now: logging in again changes it, in whichever tab.
  const token = document.cookie.match(/(?:^|; )csrftoken=([^;]*)/)?.[1];
  if (token) body.set("csrfmiddlewaretoken", token);
  return ask(url, { method: "POST", body });
}

export function clock(at) {
  return new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: "medium" }).format(at);
}
