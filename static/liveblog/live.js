// Starts a live page: the page as it was loaded, and the connection that brings what comes after it.
import { Connection } from "./connection.js";
import { Countdown } from "./countdown.js";
import { byId, findAll } from "./dom.js";
import { Page } from "./page.js";
import { Polls } from "./polls.js";

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
}

/** @param {string} state */
function showConnection(state) {
  const notice = byId("connection");
  notice.hidden = state === "open";
  for (const text of findAll(notice, "[data-when]")) text.hidden = text.dataset.when !== state;
}
