// The moderators' queue: starts its parts, and does what buttons and keys say.
import { ask } from "../desk/questions.js";
import { Forbidden, LoggedOut, post } from "../desk/requests.js";
import { Room, showPeople } from "../desk/room.js";
import { Cards } from "./cards.js";
import { Hand } from "./hand.js";

const queue = document.getElementById("queue");
const words = queue.dataset;
const filter = document.getElementById("queue-filter");
const more = document.getElementById("more");
//: Milliseconds between two looks, however often the bell rings.
const PAUSE = 1000;

const cards = new Cards(document.getElementById("cards"), {
  inHand: words.inHand,
  others: (id) => room.others(id),
});
const room = new Room(words.socket, {
  notice: document.getElementById("queue-connection"),
  look,
  people: (people) => {
    showPeople(document.getElementById("people"), people);
    cards.showTaken(people);
  },
  pause: PAUSE,
});
const hand = new Hand({
  urlOf: (id) => urlOf(id, "claim"),
  tell: (id) => room.tell(id),
  told: (id, name) => name && cards.complain(id, words.inHand.replace("%(name)s", name)),
});

const numberOf = (id) => id.replace("comment-", "");
const urlOf = (id, action) => `${words.address}${numberOf(id)}/${action}/`;
const query = (extra = {}) => new URLSearchParams([...chosenFilter(), ...Object.entries(extra)]);
// What is searched for may be an e-mail address: it is in no address of ours.
const chosenFilter = () => [...new FormData(filter)].filter(([name, value]) => value && name !== "q");

function entries(extra) {
  const body = new FormData();
  body.set("q", filter.elements.q.value);
  return post(`${words.entries}?${query(extra)}`, body);
}

const selected = () => `${query()} ${filter.elements.q.value}`;

function say(text) {
  document.getElementById("queue-said").textContent = text;
}

// What there is -------------------------------------------------------------------------------------------------------

async function look() {
  const shown = cards.all.map((card) => numberOf(card.id)).join(",");
  const asked = selected();
  const before = done;
  const { json } = await entries({ shown });
  // Something else has been chosen in the meantime, or done, of which this answer knows nothing.
  if (asked !== selected()) return;
  if (before !== done) {
    room.look();
    return;
  }
  showAround(json);
  for (const card of [...json.cards, ...json.shown]) cards.put(card);
  json.gone.forEach((id) => cards.drop(id));
  settle();
}

function showAround(json) {
  document.getElementById("queue-title").textContent = json.total;
  renew(filter, json.filter);
  renew(document.getElementById("rules"), json.rules);
  more.hidden = !json.more;
}

//: By element: what the server last said. What somebody has chosen in it since stays until that is something else.
const said = new Map();

function renew(element, html) {
  if (!said.has(element)) said.set(element, html);
  if (said.get(element) === html || element.contains(document.activeElement)) return;
  said.set(element, html);
  element.innerHTML = html;
}

function settle() {
  if (room.open) cards.showTaken(room.people);
  if (!filter.elements.state.value && !filter.elements.comment && !filter.elements.author) {
    cards.trim(new Set(undoable.at(-1)?.ids ?? []));
  }
  showChosen();
}

async function reload() {
  history.replaceState(null, "", `?${query()}`);
  cards.clear();
  await look().catch((error) => error instanceof LoggedOut && room.say("loggedOut"));
}

async function showMore() {
  const { json } = await entries({ after: cards.all.at(-1)?.dataset.sort ?? "" });
  for (const card of json.cards) cards.put(card);
  more.hidden = !json.more;
  document.getElementById(json.cards[0]?.id)?.focus();
  settle();
}

let typing;
filter.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(reload, 250);
});
filter.addEventListener("submit", (event) => {
  event.preventDefault();
  reload();
});
more.addEventListener("click", showMore);

// What is decided -----------------------------------------------------------------------------------------------------

let busy = false;
//: Counts what is done here, at its beginning and its end.
let done = 0;
//: Decisions made here that U undoes, the last one last: numbers of decisions, ids of cards.
const undoable = [];

// One thing at a time: nobody decides on what they have not seen yet.
async function send(url, body) {
  if (busy) return null;
  busy = true;
  done += 1;
  const at = cards.current?.id;
  cards.complain(at, "");
  try {
    const { status, json } = await post(`${url}?${query()}`, body);
    if (status >= 400) throw new Error(json?.problem ?? words.failed);
    for (const card of json.cards) cards.put(card);
    if (json.said) say(json.said);
    for (const [id, text] of Object.entries(json.problems ?? {})) cards.complain(id, text);
    return json;
  } catch (error) {
    if (error instanceof LoggedOut) room.say("loggedOut");
    else if (error instanceof Forbidden) cards.complain(at, room.notice.dataset.forbidden);
    else cards.complain(at, error instanceof TypeError ? words.failed : error.message);
    return null;
  } finally {
    busy = false;
    done += 1;
  }
}

async function decide(those, to) {
  if (!those.length || busy) return;
  const answer = to === "rejected" ? await ask("refuse") : new FormData();
  if (!answer) return;
  answer.set("to", to);
  for (const card of those) {
    answer.append("comment", `${card.dataset.pk}.${card.querySelector(".view").dataset.version}`);
  }
  const json = await send(words.decide, answer);
  if (!json) return;
  const ids = those.map((card) => card.id).filter((id) => !(id in json.problems));
  if (json.decisions.length) undoable.push({ decisions: json.decisions, ids });
  hand.forget(ids);
  for (const card of those) card.querySelector(".chosen").checked = false;
  settle();
  if (ids.length) goOn(those);
}

function goOn(those) {
  const next = cards.nextFree(those);
  if (!next) say(`${document.getElementById("queue-said").textContent} – ${words.allDone}`);
  (next ?? those.at(-1)).focus();
}

async function undo(decision) {
  const last = decision ? { decisions: [decision] } : (undoable.pop() ?? { decisions: [] });
  const body = new FormData();
  for (const each of last.decisions) body.append("decision", each);
  const json = await send(words.undo, body);
  if (!json) return;
  if (decision) undoable.splice(0, undoable.length, ...undoable.filter((each) => !each.decisions.includes(decision)));
  settle();
  document.getElementById(json.cards[0]?.id)?.focus();
}

// What else is done ---------------------------------------------------------------------------------------------------

const ACTS = {
  approved: (card) => decide([card], "approved"),
  rejected: (card) => decide([card], "rejected"),
  spam: (card) => decide([card], "spam"),
  undo: (_card, button) => undo(Number(button.dataset.decision)),
  translate: (card) => send(urlOf(card.id, "translate")),
  update: (card) => send(urlOf(card.id, "update")),
  note: (card) => write(card, "note", "note-dialog"),
  ban: (card) => write(card, "ban", "ban-dialog"),
  feature: (card) => {
    const body = new FormData();
    body.set("wanted", "featured" in card.querySelector(".view").dataset ? "0" : "1");
    return send(urlOf(card.id, "feature"), body);
  },
};

async function write(card, action, dialog) {
  const answer = await ask(dialog);
  if (answer) await send(urlOf(card.id, action), answer);
  card.focus();
}

function showChosen() {
  const count = cards.chosen.length;
  document.getElementById("bulk").hidden = count === 0;
  document.getElementById("bulk-count").textContent = words.chosen.replace("%(count)s", count);
}

function choose(card) {
  const box = card.querySelector(".chosen");
  box.checked = !box.checked;
  showChosen();
}

function chooseNone() {
  for (const card of cards.chosen) card.querySelector(".chosen").checked = false;
  showChosen();
}

cards.list.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act]");
  if (button) ACTS[button.dataset.act](button.closest(".card"), button);
});
cards.list.addEventListener("change", showChosen);
cards.list.addEventListener("focusin", (event) => {
  const card = event.target.closest(".card");
  cards.last = card.id;
  if (cards.isOpen(card)) hand.take(card.id);
  translateAhead(card);
});
document.getElementById("bulk").addEventListener("click", (event) => {
  const to = event.target.closest("[data-bulk]")?.dataset.bulk;
  if (to === "none") chooseNone();
  else if (to) decide(cards.chosen, to);
});
document.getElementById("rules").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { json } = await post(event.target.action, new FormData(event.target)).catch(() => ({}));
  if (!json?.rules) return;
  document.getElementById("rules").innerHTML = json.rules;
  said.delete(document.getElementById("rules"));
});

// Translations are asked for before somebody waits for them -----------------------------------------------------------

const ahead = document.getElementById("translate-ahead");
const keysOn = document.getElementById("keys-on");
const askedFor = new Set();

async function translateAhead(card) {
  if (!ahead?.checked) return;
  for (const each of [card, cards.nextFree([card])]) {
    if (!each?.querySelector('[data-act="translate"]') || askedFor.has(each.id)) continue;
    askedFor.add(each.id);
    const before = done;
    const { json } = await post(`${urlOf(each.id, "translate")}?${query()}`).catch(() => ({}));
    if (before !== done) room.look();
    else for (const fresh of json?.cards ?? []) cards.put(fresh);
  }
}

for (const box of [ahead, keysOn]) {
  if (!box) continue;
  box.checked = localStorage.getItem(`moderation.${box.id}`) !== "off";
  box.addEventListener("change", () => localStorage.setItem(`moderation.${box.id}`, box.checked ? "on" : "off"));
}

// Keys ----------------------------------------------------------------------------------------------------------------

const KEYS = {
  a: () => decideHere("approved"),
  r: () => decideHere("rejected"),
  s: () => decideHere("spam"),
  u: () => undo(),
  j: () => (cards.current === cards.all.at(-1) && !more.hidden ? showMore() : cards.move(1)),
  k: () => cards.move(-1),
  x: (card) => card && choose(card),
  t: (card) => press(card, "translate"),
  n: (card) => press(card, "note"),
  b: (card) => press(card, "ban"),
  f: (card) => press(card, "feature"),
  p: (card) => press(card, "update"),
  "/": () => filter.elements.q.focus(),
  escape: () => chooseNone(),
};

function decideHere(to) {
  const chosen = cards.chosen;
  if (chosen.length) return decide(chosen, to);
  return press(cards.current, to);
}

const press = (card, act) => card?.querySelector(`[data-act="${act}"]`)?.click();

// The letter that is printed on the key of a Latin keyboard, whatever the layout writes.
function letterOf(event) {
  if (/^[a-z/]$/i.test(event.key) || event.key.length > 1) return event.key.toLowerCase();
  return event.code.startsWith("Key") ? event.code.slice(3).toLowerCase() : event.key;
}

document.addEventListener("keydown", (event) => {
  if (!keysOn.checked || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input:not([type='checkbox']), textarea, select, dialog")) return;
  const act = KEYS[letterOf(event)];
  if (!act) return;
  event.preventDefault();
  act(cards.current);
});

// In the dialog, the number of a reason refuses; that of the last one asks for words.
document.getElementById("refuse").addEventListener("keydown", (event) => {
  const radios = [...document.querySelectorAll("#refuse [type='radio']")];
  const radio = event.target.closest("[type='text']") ? null : radios[Number(event.key) - 1];
  if (!radio || event.key === " ") return;
  event.preventDefault();
  radio.checked = true;
  if (radio === radios.at(-1)) document.querySelector("#refuse [type='text']").focus();
  else document.querySelector("#refuse .default").click();
});

cards.nextFree([])?.focus();
