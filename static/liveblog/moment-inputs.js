// Times of a time zone in forms: the choice between the two moments of an hour that the clocks repeat, and the name of
// the zone beside the time. The server decides; without this script it offers the choice with its error message.

/** Milliseconds from one day to the next: no clock change is further away from a local time in UTC. */
const DAY = 86_400_000;

/**
 * Return the moments at which the clocks of a zone show a local time: one; two, the earlier first; or none.
 *
 * @param {string} local as the value of an input of the type datetime-local
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
 * Return the offset of a zone as ISO 8601 writes it.
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
 * Offer the two moments at the time in an input if its zone has two; otherwise hide the choice.
 *
 * @param {HTMLInputElement} input
 */
export function showOffsets(input) {
  const select = input.closest(".moment-input")?.querySelector("select");
  const zone = input.dataset.zone ?? "";
  if (!select) return;
  const found = zone ? momentsAt(input.value, zone) : [];
  const chosen = select.value;
  const labels = [select.dataset.before ?? "", select.dataset.after ?? ""];
  select.length = 1;
  select.hidden = found.length < 2;
  if (select.hidden) return;
  for (const [index, moment] of found.entries()) {
    const text = labels[index].replace("%(offset)s", offsetName(moment, zone));
    select.add(new Option(text, isoOffset(moment, zone)));
  }
  if ([...select.options].some(({ value }) => value === chosen)) select.value = chosen;
}

/**
 * @param {number} moment
 * @param {string} timeZone
 */
function offsetName(moment, timeZone) {
  const { lang } = document.documentElement;
  const parts = new Intl.DateTimeFormat(lang, { timeZone, timeZoneName: "longOffset" }).formatToParts(moment);
  return parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
}

/**
 * Have the times of a form follow the zone that a control of the form selects.
 *
 * @param {HTMLSelectElement} control
 */
function followZone(control) {
  for (const input of control.form?.elements ?? []) {
    if (!(input instanceof HTMLInputElement) || input.dataset.zoneControl !== control.name) continue;
    input.dataset.zone = control.value;
    const name = input.closest(".moment-input")?.querySelector(".zone");
    if (name) name.textContent = control.selectedOptions[0]?.dataset.name ?? "";
    showOffsets(input);
  }
}

if (globalThis.document) {
  document.addEventListener("input", ({ target }) => {
    if (target instanceof HTMLInputElement && target.dataset.zone) showOffsets(target);
  });
  document.addEventListener("change", ({ target }) => {
    if (target instanceof HTMLSelectElement) followZone(target);
  });
}
