// Addresses in pasted text: their real targets, without trackers.

const TRACKING = new RegExp(
  "^(utm_.*|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|twclid|igshid|igsh|mc_[ce]id|yclid|_hs(enc|mi)|ref_src" +
    "|ref_url|si|cmpid|ns_campaign|at_(medium|campaign))$",
  "i",
);
const REDIRECTING_HOST =
  /^(www\.google\.[a-z.]+|l\.(facebook|instagram)\.com|lm\.facebook\.com|[\w.]*safelinks\.protection\.outlook\.com)$/;
/** By path of a redirecting host, the parameters that may hold the address. @type {Record<string, string[]>} */
const REDIRECT_PARAMETERS = { "/url": ["q", "url"], "/l.php": ["u"], "/": ["url"] };

/**
 * Return the web address in a text, without tracking parameters.
 *
 * @param {string | null | undefined} text
 * @returns {string} empty if the text is no address
 */
export function webAddress(text) {
  try {
    const url = new URL(text ?? "");
    return isWeb(url) ? withoutTracking(url).href : "";
  } catch {
    return "";
  }
}

/**
 * Return the target of a link, without a detour through a counting service.
 *
 * @param {string} href
 * @param {string} base the page that it was copied from; may be empty
 * @returns {string} empty if readers cannot open it
 */
export function destination(href, base) {
  let url;
  try {
    url = new URL(href.trim(), href.startsWith("#") ? undefined : base || undefined);
  } catch {
    return "";
  }
  if (url.protocol === "mailto:") return url.href;
  if (!isWeb(url)) return "";
  const parameters = REDIRECTING_HOST.test(url.hostname) ? (REDIRECT_PARAMETERS[url.pathname] ?? []) : [];
  const target = parameters.map((name) => url.searchParams.get(name)).find(Boolean);
  return target && /^https?:/.test(target) ? destination(target, "") : withoutTracking(url).href;
}

/** @param {URL} url */
function isWeb(url) {
  return /^https?:$/.test(url.protocol) && !url.username;
}

/** @param {URL} url */
function withoutTracking(url) {
  const names = [...url.searchParams.keys()].filter((name) => TRACKING.test(name));
  // Serialise the parameters again only if some were removed: servers may depend on their own spelling.
  for (const name of names) url.searchParams.delete(name);
  const hash = url.hash.replace(/:~:.*/, "");
  if (hash !== url.hash) url.hash = hash === "#" ? "" : hash;
  return url;
}
