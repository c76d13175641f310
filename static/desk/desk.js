// The live desk: starts its parts, and keeps them up to date.
import { Composer } from "./composer.js";
import { ask } from "./questions.js";
import { get, post } from "./requests.js";
import { Room, showPeople } from "./room.js";
import { Timeline } from "./timeline.js";

const desk = document.getElementById("desk");
let revision = Number(desk.dataset.revision);

const composerOptions = {
  scope: `${desk.dataset.article}/${desk.dataset.person}`,
  saved: () => room.look(),
  writing: (where) => room.tell(where),
  loggedOut: () => room.say("loggedOut"),
};
const timeline = new Timeline(document.getElementById("timeline"), {
  url: desk.dataset.entries,
  composer: composerOptions,
  changed: () => room.look(),
  ask,
});
const composer = new Composer(
  document.getElementById("composer-template").content.firstElementChild,
  document.getElementById("composer-place"),
  composerOptions,
);
const room = new Room(desk.dataset.socket, {
  notice: document.getElementById("desk-connection"),
  look,
  people: (people) => {
    showPeople(document.getElementById("people"), people);
    timeline.showWriters(people);
  },
  message: (message) => message.readers && showReaders(message),
});

// What is new ---------------------------------------------------------------------------------------------------------

async function look() {
  const json = await timeline.since(revision);
  revision = Math.max(revision, json.revision);
  const side = document.getElementById("side");
  if (side.innerHTML !== json.side && !side.contains(document.activeElement)) side.innerHTML = json.side;
  timeline.showWriters(room.people);
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
    room.look();
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
  room.look();
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
