// Requests of the desk. Who is logged out in the meantime is told so, and loses nothing.

export class LoggedOut extends Error {}
export class Forbidden extends Error {}

//: How long to wait for an answer, in milliseconds.
const PATIENCE = 20_000;

// Of now: logging in again changes it, in whichever tab.
export const token = () => document.cookie.match(/(?:^|; )csrftoken=([^;]*)/)?.[1];

// Throws LoggedOut, Forbidden, or another error where the server cannot be reached.
async function ask(url, options) {
  const signal = AbortSignal.timeout(PATIENCE);
  const response = await fetch(url, { ...options, signal, headers: { Accept: "application/json" } });
  const kind = response.headers.get("Content-Type") ?? "";
  if (response.redirected) throw new LoggedOut();
  // Without its cookies the server does not even ask who it is.
  if (response.status === 403) throw token() ? new Forbidden() : new LoggedOut();
  // A proxy that answers for a server that is away.
  if (response.status >= 502) throw new TypeError(`answered ${response.status}`);
  return {
    status: response.status,
    json: kind.includes("json") ? await response.json() : null,
    html: kind.includes("html") ? await response.text() : "",
  };
}

export const get = (url) => ask(url, {});

export function post(url, body = new FormData()) {
  if (token()) body.set("csrfmiddlewaretoken", token());
  return ask(url, { method: "POST", body });
}

// Waits for an answer; the sentences that say why it was not done, none where it was. `words` has those of the page.
export async function problems(asked, words) {
  try {
    const { status, json } = await asked;
    if (status < 400) return [];
    return json?.errors ? Object.values(json.errors).flat() : [words.failed];
  } catch (error) {
    if (error instanceof LoggedOut) return [words.loggedOut];
    return [error instanceof Forbidden ? words.forbidden : words.failed];
  }
}

// The time; with the day, where that is another one.
export function clock(at) {
  const today = new Date(at).toDateString() === new Date().toDateString();
  const style = today ? { timeStyle: "medium" } : { dateStyle: "medium", timeStyle: "short" };
  return new Intl.DateTimeFormat(document.documentElement.lang, style).format(at);
}

// A list's items, one for each sentence.
export function items(sentences) {
  return sentences.map((textContent) => Object.assign(document.createElement("li"), { textContent }));
}
