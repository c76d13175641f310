// Requests of the newsroom's pages. A user who has been logged out in the meantime gets a message, and loses no text.
import { make } from "../liveblog/dom.js";
import { momentText, pageLocale } from "../liveblog/moments.js";

/** The session has ended. */
export class LoggedOut extends Error {}
/** The user may not do this. */
export class Forbidden extends Error {}

/** @typedef {{ status: number, json: any, html: string }} Answer */

const TIMEOUT = 20_000; // milliseconds

/**
 * Return the CSRF token. Logging in again, in any tab, changes it.
 *
 * @returns {string | undefined}
 */
export function csrfToken() {
  return document.cookie.match(/(?:^|; )csrftoken=([^;]*)/)?.[1];
}

/**
 * @param {string} url
 * @param {RequestInit} options
 * @returns {Promise<Answer>}
 * @throws {LoggedOut}
 * @throws {Forbidden}
 * @throws {Error} if the server cannot be reached
 */
async function request(url, options) {
  const signal = AbortSignal.timeout(TIMEOUT);
  const response = await fetch(url, { ...options, signal, headers: { Accept: "application/json" } });
  const kind = response.headers.get("Content-Type") ?? "";
  if (response.redirected) throw new LoggedOut();
  // Without cookies, the server rejects the request before it looks up the user.
  if (response.status === 403) throw csrfToken() ? new Forbidden() : new LoggedOut();
  // A proxy answers for a server that is down.
  if (response.status >= 502) throw new TypeError(`answered ${response.status}`);
  return {
    status: response.status,
    json: kind.includes("json") ? await response.json() : null,
    html: kind.includes("html") ? await response.text() : "",
  };
}

/** @param {string} url */
export function get(url) {
  return request(url, {});
}

/**
 * @param {string} url
 * @param {FormData} [body]
 */
export function post(url, body = new FormData()) {
  const token = csrfToken();
  if (token) body.set("csrfmiddlewaretoken", token);
  return request(url, { method: "POST", body });
}

/**
 * Wait for a response, and return the errors of a request.
 *
 * @param {Promise<Answer>} answer
 * @param {Record<string, string | undefined>} messages those of the page: `failed`, `loggedOut`, `forbidden`
 * @returns {Promise<string[]>} none if it succeeded
 */
export async function problemsOf(answer, messages) {
  try {
    const { status, json } = await answer;
    if (status < 400) return [];
    return json?.errors ? Object.values(json.errors).flat() : [messages.failed ?? ""];
  } catch (error) {
    if (error instanceof LoggedOut) return [messages.loggedOut ?? ""];
    return [(error instanceof Forbidden ? messages.forbidden : messages.failed) ?? ""];
  }
}

/**
 * Format a time; with its day and offset, unless it is today.
 *
 * @param {number} at milliseconds since 1970
 * @param {{ locale?: string, now?: Date, timeZone?: string }} [options] `timeZone`: the browser’s if left out
 * @returns {string}
 */
export function formatTime(at, { locale = pageLocale(), now = new Date(), timeZone } = {}) {
  const { format: day } = new Intl.DateTimeFormat(locale, { dateStyle: "short", timeZone });
  if (day(at) !== day(now)) return momentText(at, locale, timeZone);
  // Use a style: with separate parts, some languages would write the hour with one digit.
  return new Intl.DateTimeFormat(locale, {
    timeStyle: "medium",
    hourCycle: "h23",
    numberingSystem: "latn",
    timeZone,
  }).format(at);
}

/**
 * Return list items, one for each sentence.
 *
 * @param {string[]} sentences
 */
export function listItems(sentences) {
  return sentences.map((textContent) => make("li", { textContent }));
}
