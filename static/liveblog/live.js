// Starts a live page: the page and its connection. Modules that only some pages or actions of readers need are loaded
// on demand.
import { keepOrder, offerListening, Pinned, Sound, watchWriting } from "./comforts.js";
import { Connection } from "./connection.js";
import { showConnection } from "./connection-notice.js";
import { closest } from "./dom.js";
import { closeMenus, KeyEvents, showComments } from "./key-events.js";
import { Page } from "./page.js";
import { reloadPage } from "./reloading.js";
import "./sharing.js";
import { Unread } from "./unread.js";

/** @type {import("./countdown.js").Countdown | undefined} */
let countdown;
/** @type {Promise<import("./polls.js").Polls> | undefined} */
let polls;
/** @type {Promise<import("./older.js").OlderPages> | undefined} */
let older;
/** @type {Pinned | undefined} */
let pinned;

const main = document.querySelector("main[data-live]");
if (main instanceof HTMLElement) {
  const showPolls = async (/** @type {HTMLElement} */ root) => {
    if (!polls && !root.querySelector("form.poll")) return;
    polls ??= import("./polls.js").then(({ Polls }) => new Polls(main));
    (await polls).show(root);
  };
  const page = new Page(main, (element) => {
    if (element.id === "coverage") countDown(element);
    else showPolls(element);
    // Fold them before measuring how far they move the elements below.
    pinned?.added();
  });
  countDown(main);
  showPolls(main);
  const connection = new Connection(page, {
    socket: main.dataset.socket ?? "",
    changes: main.dataset.changes ?? "",
    heartbeat: Number(main.dataset.heartbeat),
    onState: showConnection,
    onReload: reloadPage,
  });
  connection.start();
  const updates = document.getElementById("updates");
  if (updates) {
    keepOrder();
    pinned = new Pinned(updates);
    pinned.added();
    const sound = new Sound();
    sound.start();
    page.onNew = () => sound.play();
    offerListening(updates);
    watchWriting();
    new KeyEvents().start();
    showComments();
    closeMenus();
    const olderPages = () => {
      older ??= import("./older.js").then(
        ({ OlderPages }) => new OlderPages(updates, page, main.dataset.changes ?? ""),
      );
      return older;
    };
    document.addEventListener("click", async (event) => {
      const link = closest(event, `nav.pages[data-list="${updates.id}"] a[rel="next"]`);
      if (!(link instanceof HTMLAnchorElement) || event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      try {
        await (await olderPages()).open(link);
      } catch {
        location.assign(link.href);
      }
    });
    // A filtered list does not show which of the other updates have been read.
    if (!("accepts" in updates.dataset)) {
      page.unread = new Unread(updates, page, () =>
        olderPages().then(
          (pages) => pages.load(),
          () => false,
        ),
      );
      page.unread.start();
    }
  }
}

/**
 * Count down to the start of coverage that is announced.
 *
 * @param {HTMLElement} root
 */
async function countDown(root) {
  if (!countdown && root.querySelector(".countdown")) countdown = new (await import("./countdown.js")).Countdown();
  countdown?.show(root);
}
