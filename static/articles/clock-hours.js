// The clock of Django's forms offers '6 a.m.' and '6 p.m.' in English. Clocks of the newsroom have 24 hours.
const { DateTimeShortcuts: shortcuts } = /** @type {any} */ (globalThis);
if (shortcuts) {
  for (const choice of shortcuts.clockHours.default_) {
    const [, hour] = choice;
    if (hour >= 0) choice[0] = `${String(hour).padStart(2, "0")}:00`;
  }
}
