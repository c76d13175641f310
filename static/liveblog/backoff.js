// The pauses before another attempt.

/**
 * Return a random pause below a limit that doubles with each failure ("full jitter"): after a restart thousands of
 * pages must not reconnect at the same moment.
 *
 * @param {number} failures how often it has failed, from 1
 * @param {{ base?: number, cap?: number, random?: () => number }} [options] first and highest limit, in milliseconds
 * @returns {number} milliseconds
 */
export function fullJitter(failures, { base = 1000, cap = 30_000, random = Math.random } = {}) {
  return random() * doubling(failures, { base, cap });
}

/**
 * Return a pause that doubles with each failure.
 *
 * @param {number} failures how often it has failed, from 1
 * @param {{ base?: number, cap?: number }} [options] first and longest pause, in milliseconds
 * @returns {number} milliseconds
 */
export function doubling(failures, { base = 1000, cap = 30_000 } = {}) {
  return Math.min(cap, base * 2 ** Math.max(0, failures - 1));
}
