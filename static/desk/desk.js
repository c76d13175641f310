// The live desk: starts its parts, and keeps them up to date.
import { Composer } from "./composer.js";
import { get, LoggedOut, post } from "./requests.js";
import { Timeline } from "./timeline.js";

const desk = document.getElementById("desk");
const notice = document.getElementById("desk-connection");
//: How often the desk looks by itself while there is no websocket, and in case a bell was lost, in milliseconds.
const LOOK_EVERY = { closed: 3000, open: 20_000 };

let revision = Number(desk.dataset.revision);
let socket;
let at = "";
let people = [];

const composerOptions = {
  scope: `${desk.dataset.article}/${desk.dataset.person}`,
  saved: () => look(),
  writing: (where) => tell(where),
  loggedOut: () => show("loggedOut"),
};
const timeline = new Timeline(document.getElementById("timeline"), {
  url: desk.dataset.entries,
  composer: composerOptions,
  changed: () => look(),
  ask,
});
const composer = new Composer(
  document.getElementById("composer-template").content.firstElementChild,
  document.getElementById("composer-place"),
  composerOptions,
);

// What is new ---------------------------------------------------------------------------------------------------------

let looking = null;
let again = false;

// One look at a time; one more where something changed meanwhile.
function look() {
  if (looking) {
    again = true;
    return;
  }
  looking = lookNow()
    .catch((error) => error instanceof LoggedOut && show("loggedOut"))
    .finally(() => {
      looking = null;
      if (again) {
        again = false;
        look();
      }
    });
}

async function lookNow() {
  const json = await timeline.since(revision);
  revision = Math.max(revision, json.revision);
  const side = document.getElementById("side");
  if (side.innerHTML !== json.side && !side.contains(document.activeElement)) side.innerHTML = json.side;
  timeline.showWriters(people);
}

// The websocket ---------------------------------------------------------------------------------------------------------

let failures = 0;

function connect() {
  const address = new URL(desk.dataset.socket, location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  socket = new WebSocket(address);
  socket.addEventListener("open", () => {
    failures = 0;
    show(null);
    look();
    if (at) socket.send(JSON.stringify({ at }));
  });
  socket.addEventListener("message", (event) => heard(JSON.parse(event.data)));
  socket.addEventListener("close", () => {
    failures += 1;
    if (notice.dataset.shown !== "loggedOut") show("waiting");
    setTimeout(connect, Math.random() * Math.min(30_000, 1000 * 2 ** Math.min(failures, 5)));
  });
}

function heard(message) {
  if (message.changed) look();
  if (message.people) {
    people = message.people;
    showPeople();
    timeline.showWriters(people);
  }
  if (message.readers) showReaders(message);
}

function tell(where) {
  if (where === at) return;
  at = where;
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ at }));
}

function show(what) {
  notice.hidden = what === null;
  notice.dataset.shown = what ?? "";
  if (what) notice.textContent = notice.dataset[what];
}

setInterval(() => {
  const wait = socket?.readyState === WebSocket.OPEN ? LOOK_EVERY.open : LOOK_EVERY.closed;
  if (document.visibilityState === "visible" && Date.now() - lastLook >= wait) {
    lastLook = Date.now();
    look();
  }
}, 1000);
let lastLook = Date.now();

function showPeople() {
  const list = document.getElementById("people");
  const names = new Map();
  for (const { name, at: where, me } of people) {
    const known = names.get(name) ?? { me, writes: false };
    names.set(name, { me: known.me || me, writes: known.writes || Boolean(where) });
  }
  list.replaceChildren(
    ...[...names].map(([name, { me, writes }]) => {
      const item = document.createElement("li");
      const bdi = Object.assign(document.createElement("bdi"), { textContent: name });
      item.append(bdi, me ? ` (${list.dataset.me})` : "", writes ? ` – ${list.dataset.writing}` : "");
      return item;
    }),
  );
}

function showReaders({ readers, total }) {
  const format = new Intl.NumberFormat(document.documentElement.lang);
  document.getElementById("audience").textContent = format.format(total);
  const names = new Intl.DisplayNames([document.documentElement.lang], { type: "language" });
  document.getElementById("audience-languages").replaceChildren(
    ...Object.entries(readers)
      .filter(([, count]) => count)
      .map(([code, count]) =>
        Object.assign(document.createElement("li"), { textContent: `${names.of(code)}: ${format.format(count)}` }),
      ),
  );
}

// Questions -------------------------------------------------------------------------------------------------------------

// Opens a dialog; its form's data where it was agreed to, null where not.
function ask(id) {
  const dialog = document.getElementById(id);
  const form = dialog.querySelector("form");
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue ? new FormData(form) : null), { once: true });
  });
}

// The side --------------------------------------------------------------------------------------------------------------

document.getElementById("side").addEventListener("click", async (event) => {
  const cover = event.target.closest("[data-cover]");
  const unrelate = event.target.closest("[data-unrelate]");
  if (cover) {
    const { cover: url, question } = cover.dataset;
    cover.blur();
    if (question) document.getElementById("question-title").textContent = question;
    if (question && !(await ask("question"))) return;
    await post(url);
    look();
  }
  if (unrelate) {
    unrelate.blur();
    await relate(unrelate.dataset.unrelate, false);
  }
});

async function relate(article, wanted) {
  const body = new FormData();
  body.set("article", article);
  body.set("wanted", wanted ? "1" : "0");
  await post(desk.dataset.related, body);
  look();
}

const search = document.getElementById("related-search");
const found = document.getElementById("related-found");
let searching;
search.addEventListener("input", () => {
  clearTimeout(searching);
  searching = setTimeout(async () => {
    const { json } = await get(`${desk.dataset.related}?${new URLSearchParams({ q: search.value })}`);
    found.replaceChildren(
      ...json.articles.map((article) => {
        const button = Object.assign(document.createElement("button"), { type: "button", textContent: found.dataset.add });
        const name = Object.assign(document.createElement("bdi"), { textContent: article.name, lang: article.lang });
        const item = document.createElement("li");
        item.append(name, " ", button);
        button.addEventListener("click", async () => {
          item.remove();
          await relate(article.id, true);
        });
        return item;
      }),
    );
  }, 200);
});

// Keys ------------------------------------------------------------------------------------------------------------------

document.addEventListener(
  "keydown",
  (event) => {
    const inside = event.target.closest(".composer");
    const open = inside && timeline.open?.form === inside ? timeline.open : composer;
    const held = event.ctrlKey || event.metaKey;
    const press = (act) => {
      event.preventDefault();
      event.stopPropagation();
      act();
    };
    if (held && event.key === "Enter" && inside) press(() => open.press("[data-chord]"));
    else if (held && event.key.toLowerCase() === "s" && inside) press(() => open.press("[data-save], [data-chord]"));
    else if (event.altKey && /^Digit[1-7]$/.test(event.code) && inside) {
      press(() => inside.querySelectorAll('[name="kind"]')[Number(event.code.slice(-1)) - 1]?.click());
    } else if (event.key === "Escape" && inside && open === timeline.open) press(() => open.close());
    else if (!held && !event.altKey && !event.target.closest("input, textarea, select, [contenteditable], dialog")) {
      const entry = event.target.closest(".entry");
      const act = {
        n: () => composer.focus(),
        j: () => timeline.move(1),
        k: () => timeline.move(-1),
        e: () => entry && timeline.act(entry, "edit"),
        "/": () => timeline.filter.elements.q.focus(),
      }[event.key.toLowerCase()];
      if (act) press(act);
    }
  },
  { capture: true },
);

composer.ready.then(() => composer.focus());
connect();
