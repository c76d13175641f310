// Notifications for followers and for users of the newsroom. Nothing is stored: each message from the server has the
// whole content.

/**
 * @typedef {object} Message what articles/following/deliveries.py sends
 * @property {string} title
 * @property {string} body
 * @property {string} url
 * @property {string} lang
 * @property {"ltr" | "rtl"} dir
 * @property {boolean} silent
 * @property {string} tag
 * @property {number} version
 * @property {string} icon
 * @property {string} stop the words on the button that ends such notifications
 * @property {string} leave the address to which that button posts
 * @property {object} leaving the body of that request, without the endpoint
 * @property {number} at in milliseconds since 1970
 */

(() => {
  // TypeScript cannot load the types of pages and of workers together.
  const worker = /** @type {any} */ (self);

  worker.addEventListener("push", (/** @type {any} */ event) => event.waitUntil(show(event.data?.json())));

  worker.addEventListener("notificationclick", (/** @type {any} */ event) => {
    event.notification.close();
    const { data } = event.notification;
    event.waitUntil(event.action === "stop" ? stop(data) : open(data.url));
  });

  worker.addEventListener("pushsubscriptionchange", (/** @type {any} */ event) => event.waitUntil(renew(event)));

  /**
   * Show a message, replacing an earlier one with the same tag.
   *
   * @param {Message | undefined} message
   */
  async function show(message) {
    if (!message) return;
    const { tag, version = 0, title, body, lang, dir, silent } = message;
    const shown = await worker.registration.getNotifications({ tag });
    // Push services may change the order. The later version stays.
    if (shown.some((/** @type {any} */ one) => (one.data?.version ?? 0) > version)) return;
    await worker.registration.showNotification(title, {
      ...{ tag, body, lang, dir, silent },
      renotify: !silent,
      timestamp: message.at,
      icon: message.icon,
      actions: message.stop ? [{ action: "stop", title: message.stop }] : [],
      data: { url: message.url, version, leave: message.leave, leaving: message.leaving },
    });
  }

  /**
   * Open an address, in a window that already shows its page if there is one.
   *
   * @param {string} address
   */
  async function open(address) {
    const target = new URL(address, worker.location.origin);
    const windows = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
    const same = windows.find((/** @type {any} */ one) => new URL(one.url).pathname === target.pathname);
    if (!same) return worker.clients.openWindow(target.href);
    await same.focus();
    return same.navigate(target.href).catch(() => worker.clients.openWindow(target.href));
  }

  /**
   * Unsubscribe from the notifications to which a message belongs.
   *
   * @param {{ url: string, leave: string, leaving: object }} data
   */
  async function stop({ url, leave, leaving }) {
    const subscription = await worker.registration.pushManager.getSubscription();
    if (!subscription) return;
    const done = await post(leave, { endpoint: subscription.endpoint, ...leaving }).catch(() => false);
    // Without a connection, the page has the same button.
    if (!done) await open(url);
  }

  /**
   * Tell the server about a subscription that replaces another one.
   *
   * @param {any} event
   */
  async function renew({ oldSubscription, newSubscription }) {
    if (!oldSubscription) return;
    const present = newSubscription ?? (await worker.registration.pushManager.subscribe(oldSubscription.options));
    await post("/push/renew/", { endpoint: oldSubscription.endpoint, subscription: present.toJSON() });
  }

  /**
   * @param {string} address
   * @param {object} body
   * @returns {Promise<boolean>} whether the server has accepted it
   */
  async function post(address, body) {
    const headers = { "Content-Type": "application/json" };
    const response = await fetch(address, { method: "POST", headers, body: JSON.stringify(body) });
    return response.ok;
  }
})();
