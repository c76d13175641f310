// Starts a live page: the page as it was loaded, and the connection that brings what comes after it.
import { keepOrder, Pinned, Sound, watchWriting } from "./comforts.js";
import { Connection } from "./connection.js";
import { Countdown } from "./countdown.js";
import { byId, findAll } from "./dom.js";
import { closeMenus, KeyEvents, showComments } from "./key-events.js";
import { OlderPages } from "./older.js";
import { Page } from "./page.js";
import { Polls } from "./polls.js";
import { startSharing } from "./share.js";
import { Unread } from "./unread.js";

startSharing();
const main = document.querySelector("main[data-live]");
if (main instanceof HTMLElement) {
  const polls = new Polls(main);
  const countdown = new Countdown();
  const page = new Page(main, (element) => {
    if (element.id === "coverage") countdown.show(element);
    else polls.show(element);
  });
  countdown.show(main);
  const connection = new Connection(page, {
    socket: main.dataset.socket ?? "",
    changes: main.dataset.changes ?? "",
    heartbeat: Number(main.dataset.heartbeat),
    onState: showConnection,
  });
  connection.start();
  const updates = document.getElementById("updates");
  if (updates) {
    keepOrder();
    const pinned = new Pinned(updates);
    pinned.added();
    new MutationObserver(() => pinned.added()).observe(updates, { childList: true });
    const sound = new Sound();
    sound.start();
    page.onNew = () => sound.play();
    watchWriting();
    new KeyEvents().start();
    showComments();
    closeMenus();
    const older = new OlderPages(updates, page, main.dataset.changes ?? "", () => page.unread?.added());
    // A list of some updates does not tell which of the others have been read.
    if (!("accepts" in updates.dataset)) {
      page.unread = new Unread(updates, page, () => older.load());
      page.unread.start();
    }
  }
}

/** @param {string} state */
function showConnection(state) {
  const notice = byId("connection");
  notice.hidden = state === "open";
  for (const text of findAll(notice, "[data-when]")) text.hidden = text.dataset.when !== state;
}
