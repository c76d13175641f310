// The device on which a user of the newsroom gets alerts.
import { byId, closest, find } from "../liveblog/dom.js";
import { present, Refused, subscribe, supported } from "../liveblog/push.js";

const root = byId("device");
const status = find(root, "[role=status]");
root.hidden = !supported;

root.addEventListener("click", async (event) => {
  const action = closest(event, "[data-do]")?.dataset.do;
  if (!action) return;
  try {
    status.textContent = (action === "on" ? await on() : await off()) ?? "";
  } catch (error) {
    status.textContent = (error instanceof Refused ? root.dataset.denied : root.dataset.failed) ?? "";
  }
});

async function on() {
  const subscription = await subscribe(root.dataset.key ?? "", async () => {});
  const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (await post({ subscription: subscription.toJSON(), time_zone: zone })) ?? root.dataset.on;
}

async function off() {
  const subscription = await present();
  return (subscription && (await post({ endpoint: subscription.endpoint }))) ?? root.dataset.off;
}

/**
 * @param {object} body
 * @returns {Promise<string | undefined>} what is wrong
 */
async function post(body) {
  const token = find(document, "[name=csrfmiddlewaretoken]", HTMLInputElement).value;
  const headers = { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token };
  const response = await fetch(root.dataset.address ?? "", { method: "POST", headers, body: JSON.stringify(body) });
  const answer = await response.json();
  return response.ok ? undefined : answer.message;
}
