// The live desk: starts its parts, and keeps them up to date.
import { Composer } from "./composer.js";
import { Draft } from "./drafts.js";
import { ask } from "./questions.js";
import { get, items, post, problems } from "./requests.js";
import { Room, showPeople } from "./room.js";
import { Timeline } from "./timeline.js";

const desk = document.getElementById("desk");
const notice = document.getElementById("desk-connection");
//: The desk of one person, whose drafts are kept by this name.
const scope = `${desk.dataset.article}/${desk.dataset.person}`;
let revision = Number(desk.dataset.revision);

const composerOptions = {
  scope,
  saved: () => room.look(),
  writing: (where) => room.tell(where),
  loggedOut: () => room.say("loggedOut"),
};
const timeline = new Timeline(document.getElementById("timeline"), {
  url: desk.dataset.entries,
  words: notice.dataset,
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
  notice,
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
  shownSide.wanted = json.side;
  renewSide();
  timeline.showWriters(room.people);
}

const side = document.getElementById("side");
//: What the server last said of the side, and what of that is shown.
const shownSide = {};

// Nobody's focus is taken away; what is new is shown when it leaves.
function renewSide() {
  if (shownSide.html === shownSide.wanted || side.contains(document.activeElement)) return;
  side.innerHTML = shownSide.html = shownSide.wanted;
}

side.addEventListener("focusout", () => setTimeout(renewSide));

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

const sideProblems = document.getElementById("side-problems");

// Whether it was done; otherwise the side says why not.
async function done(asked) {
  const found = await problems(asked, notice.dataset);
  sideProblems.replaceChildren(...items(found));
  return found.length === 0;
}

side.addEventListener("click", async (event) => {
  const cover = event.target.closest("[data-cover]");
  const unrelate = event.target.closest("[data-unrelate]");
  if (cover) {
    const { cover: url, question } = cover.dataset;
    cover.blur();
    if (question) document.getElementById("question-title").textContent = question;
    if (question && !(await ask("question"))) return;
    await done(post(url));
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
  const related = await done(post(desk.dataset.related, body));
  room.look();
  return related;
}

const search = document.getElementById("related-search");
const found = document.getElementById("related-found");
let searching;
search.addEventListener("input", () => {
  clearTimeout(searching);
  searching = setTimeout(async () => {
    const asked = get(`${desk.dataset.related}?${new URLSearchParams({ q: search.value })}`);
    if (!(await done(asked))) return;
    const { json } = await asked;
    found.replaceChildren(
      ...json.articles.map((article) => {
        const button = Object.assign(document.createElement("button"), { type: "button", textContent: found.dataset.add });
        const name = Object.assign(document.createElement("bdi"), { textContent: article.name, lang: article.lang });
        const item = document.createElement("li");
        item.append(name, " ", button);
        button.addEventListener("click", async () => {
          if (await relate(article.id, true)) item.remove();
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
    const open = Composer.of(inside);
    const held = event.ctrlKey || event.metaKey;
    const press = (act) => {
      event.preventDefault();
      event.stopPropagation();
      act();
    };
    if (held && event.key === "Enter" && inside) press(() => open?.press("[data-chord]"));
    else if (held && event.key.toLowerCase() === "s" && inside) press(() => open?.press("[data-save], [data-chord]"));
    else if (event.altKey && /^Digit[1-7]$/.test(event.code) && inside) {
      press(() => inside.querySelectorAll('[name="kind"]')[Number(event.code.slice(-1)) - 1]?.click());
    } else if (event.key === "Escape" && open && !open.isNew) press(() => open.close());
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

// What was being written in entries when the desk was left goes on there.
async function resume() {
  const entries = await Draft.forms(scope);
  entries.delete(composer.at);
  for (const form of entries) {
    const draft = await Draft.take(`${scope}/${form}`);
    if (draft.kept) await timeline.resume(form, draft);
    else draft.letGo();
  }
}

composer.ready.then(() => {
  composer.focus();
  resume();
});
