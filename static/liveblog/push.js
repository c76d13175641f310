// The subscription of this browser to messages (Push API of the W3C). Nobody is asked for permission before they press
// a button.

/** Whether this browser can receive messages. */
export const supported = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

/** The reader, or the browser on their behalf, has refused notifications. */
export class Refused extends Error {}

/**
 * Return the subscription of this browser, if it has one. A browser ends it when its reader forbids notifications.
 *
 * @returns {Promise<PushSubscription | null>}
 */
export async function present() {
  if (!supported) return null;
  const registration = await navigator.serviceWorker.getRegistration("/");
  return (await registration?.pushManager.getSubscription()) ?? null;
}

/**
 * Ask for the permission and subscribe. Call it after the reader has pressed a button.
 *
 * @param {string} key the public key of the site (`applicationServerKey`)
 * @param {(former: string, present: PushSubscription) => Promise<unknown>} renewed called when a subscription with a
 *   former key of the site was replaced
 * @returns {Promise<PushSubscription>}
 * @throws {Refused} if notifications are not permitted
 */
export async function subscribe(key, renewed) {
  if ((await Notification.requestPermission()) !== "granted") throw new Refused();
  const { pushManager } = await active(await navigator.serviceWorker.register("/service-worker.js"));
  const former = await pushManager.getSubscription();
  if (former && keyOf(former) === key) return former;
  await former?.unsubscribe();
  const made = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  if (former) await renewed(former.endpoint, made);
  return made;
}

/**
 * Return a registration once its worker is active.
 *
 * @param {ServiceWorkerRegistration} registration
 * @returns {Promise<ServiceWorkerRegistration>}
 */
async function active(registration) {
  const coming = registration.installing ?? registration.waiting;
  if (registration.active || !coming) return registration;
  await new Promise((resolve) => {
    coming.addEventListener("statechange", () => coming.state === "activated" && resolve(null));
  });
  return registration;
}

/**
 * Return the key with which a subscription was made, in the server's notation.
 *
 * @param {PushSubscription} subscription
 */
function keyOf({ options: { applicationServerKey } }) {
  const octets = new Uint8Array(applicationServerKey ?? new ArrayBuffer(0));
  const text = btoa(String.fromCharCode(...octets));
  return text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
