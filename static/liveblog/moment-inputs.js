// Times of a time zone in forms: the choice between the two moments of an hour that the clocks repeat, and the name of
// the zone beside the time. The server decides; without this script it offers the choice with its error message.
import { find, findAll } from "./dom.js";
import { offsetText, pageLocale } from "./moments.js";

/** Milliseconds from one day to the next: no clock change is further away from a local time in UTC. */
const DAY = 86_400_000;

/**
 * Return the moments at which the clocks of a zone show a local time: one; two, the earlier first; or none.
 *
 * @param {string} local in ISO 8601, such as "2026-11-01T01:30"
 * @param {string} timeZone
 * @returns {number[]} in milliseconds since 1970
 */
export function momentsAt(local, timeZone) {
  const asUtc = Date.parse(`${local}Z`);
  if (Number.isNaN(asUtc)) return [];
  const offsets = new Set([offsetAt(asUtc - DAY, timeZone), offsetAt(asUtc + DAY, timeZone)]);
  return [...offsets]
    .filter((offset) => offsetAt(asUtc - offset, timeZone) === offset)
    .map((offset) => asUtc - offset)
    .sort((one, other) => one - other);
}

/**
 * Return the offset of a zone from UTC, in milliseconds.
 *
 * @param {number} moment
 * @param {string} timeZone
 */
function offsetAt(moment, timeZone) {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  const part = Object.fromEntries(format.formatToParts(moment).map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second) - moment;
}

/**
 * Return the offset of a zone in ISO 8601.
 *
 * @param {number} moment
 * @param {string} timeZone
 * @returns {string} such as "-04:00"
 */
export function isoOffset(moment, timeZone) {
  const minutes = Math.round(offsetAt(moment, timeZone) / 60_000);
  const digits = [Math.trunc(Math.abs(minutes) / 60), Math.abs(minutes) % 60].map((each) => `${each}`.padStart(2, "0"));
  return `${minutes < 0 ? "-" : "+"}${digits.join(":")}`;
}

/**
 * Return a time of the 24-hour clock in ISO 8601: "09:05" for "9.05" or "0905".
 *
 * @param {string} text
 * @param {string} pattern of such times, with groups for the hours and the minutes, those behind a sign and those
 *   behind none
 * @returns {string} empty for any other text
 */
export function clockTime(text, pattern) {
  const [, hours, ...minutes] = new RegExp(`^(?:${pattern})$`, "v").exec(text) ?? [];
  const [hour, minute] = [hours, minutes.find(Boolean) ?? "0"].map((digits) => number(digits ?? ""));
  if (!hours || hour > 23 || minute > 59) return "";
  return [hour, minute].map((each) => `${each}`.padStart(2, "0")).join(":");
}

/**
 * Return the number in Western, Arabic or Persian digits.
 *
 * @param {string} digits
 */
function number(digits) {
  return Number(digits.replace(/[\u0660-\u0669\u06f0-\u06f9]/gu, (digit) => `${(digit.codePointAt(0) ?? 0) & 0xf}`));
}

/**
 * Return the inputs of a moment for its day and its time.
 *
 * @param {Element} moment
 */
function inputsOf(moment) {
  const [day, time] = moment.querySelectorAll("input");
  return { day, time };
}

/**
 * Offer the two moments of the entered time if the zone has two; otherwise hide the choice.
 *
 * @param {Element} moment the element with all controls of a moment
 */
export function showOffsets(moment) {
  const select = find(moment, "select", HTMLSelectElement);
  const { day, time } = inputsOf(moment);
  const zone = moment instanceof HTMLElement ? (moment.dataset.zone ?? "") : "";
  const clock = clockTime(time.value, time.pattern);
  const found = zone && day.value && clock ? momentsAt(`${day.value}T${clock}`, zone) : [];
  const chosen = select.value;
  const labels = [select.dataset.before ?? "", select.dataset.after ?? ""];
  select.length = 1;
  select.hidden = found.length < 2;
  if (select.hidden) return;
  for (const [index, at] of found.entries()) {
    const text = labels[index].replace("%(offset)s", offsetText(at, pageLocale(), zone));
    select.add(new Option(text, isoOffset(at, zone)));
  }
  if ([...select.options].some(({ value }) => value === chosen)) select.value = chosen;
}

/**
 * Update the times of a form when its control selects another zone.
 *
 * @param {HTMLSelectElement} control
 */
function followZone(control) {
  for (const moment of findAll(control.form ?? document, "[data-zone-control]")) {
    if (moment.dataset.zoneControl !== control.name) continue;
    moment.dataset.zone = control.value;
    find(moment, ".zone").textContent = control.selectedOptions[0]?.dataset.name ?? "";
    showOffsets(moment);
  }
}

/**
 * Normalise the notation of a time.
 *
 * @param {Element} moment
 */
function tidy(moment) {
  const { time } = inputsOf(moment);
  time.value = clockTime(time.value, time.pattern) || time.value;
}

/** @param {Event} event */
function momentOf({ target }) {
  return target instanceof HTMLInputElement ? target.closest(".moment-input") : null;
}

if (globalThis.document) {
  document.addEventListener("input", (event) => {
    const moment = momentOf(event);
    if (moment) showOffsets(moment);
  });
  // Run before other listeners store or send the input.
  document.addEventListener(
    "change",
    (event) => {
      const moment = momentOf(event);
      if (moment) tidy(moment);
      if (event.target instanceof HTMLSelectElement) followZone(event.target);
    },
    { capture: true },
  );
  // Browsers report an incomplete day as empty.
  document.addEventListener(
    "submit",
    (event) => {
      const { target } = event;
      if (!(target instanceof HTMLFormElement)) return;
      const incomplete = [...target.querySelectorAll("input")].find(
        (input) => input.type === "date" && input.validity.badInput,
      );
      if (!incomplete) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      const details = incomplete.closest("details");
      if (details) details.open = true;
      incomplete.reportValidity();
    },
    { capture: true },
  );
}
