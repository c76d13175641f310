// The time until announced coverage starts, counted down in the page's language.

const UNITS = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];
// Longer than this a timer cannot wait, in milliseconds.
const LONGEST = 3_600_000;

export class Countdown {
  // Counts down wherever the element has a start to count down to; what was counted before is given up.
  show(element) {
    clearTimeout(this.next);
    this.shown = element?.querySelector(".countdown[data-start]") ?? null;
    if (this.shown) this.tick();
  }

  tick() {
    const left = Math.ceil((Date.parse(this.shown.dataset.start) - Date.now()) / 1000);
    this.shown.hidden = false;
    this.shown.querySelector(".soon").hidden = left > 0;
    this.shown.querySelector(".until").hidden = left <= 0;
    if (left <= 0) return;
    // Days and hours, or minutes and seconds: what moves more slowly than anybody looks is left out.
    const smallest = left >= 86_400 ? 60 : 1;
    this.shown.querySelector(".left").textContent = inWords(Math.ceil(left / smallest) * smallest, smallest);
    const wait = ((left - 1) % smallest) * 1000 + 1000 - (Date.now() % 1000);
    this.next = setTimeout(() => this.tick(), Math.min(wait, LONGEST));
  }
}

function inWords(left, smallest) {
  const language = document.documentElement.lang;
  const parts = [];
  for (const [unit, seconds] of UNITS) {
    const count = Math.floor(left / seconds);
    left %= seconds;
    if (seconds < smallest || (count === 0 && parts.length === 0)) continue;
    parts.push(new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(count));
  }
  return new Intl.ListFormat(language, { type: "unit", style: "long" }).format(parts);
}
