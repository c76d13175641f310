// What somebody is writing, kept in the browser until the newsroom has it: through a crash, a lost connection, a reload.
// IndexedDB with strict durability has it on the disk when the promise is kept (https://w3c.github.io/IndexedDB/).

const NAME = "live-desk";
const STORE = "drafts";
//: How long a page that is left may take to let go of what it had, in milliseconds.
const LEAVING = 1000;

function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

let database;

async function run(mode, act) {
  database ??= open();
  const transaction = (await database).transaction(STORE, mode, { durability: "strict" });
  const request = act(transaction.objectStore(STORE));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
}

const read = (key) => run("readonly", (store) => store.get(key));

// The keys below a place or desk. A browser without a store has none.
async function keysOf(path) {
  const below = IDBKeyRange.bound(`${path}/`, `${path}/\uffff`);
  return run("readonly", (store) => store.getAllKeys(below)).catch(() => []);
}

// A function that lets go of the draft again; nothing where it was not to be had by then.
function lock(key, signal) {
  return new Promise((resolve) => {
    const held = () => new Promise((letGo) => resolve(letGo));
    navigator.locks.request(`${NAME}/${key}`, { signal }, held).catch(() => resolve(null));
  });
}

// What is written in one form of one page. While that is open no other page takes it, restores it or forgets it.
// Keys are `article/person/form/number`; the form is "new" or an entry's id.
export class Draft {
  // What was kept of a form and belongs to no page, the newest first; otherwise an empty one.
  static async take(place) {
    const found = await Promise.all((await keysOf(place)).map(async (key) => ({ key, at: (await read(key))?.at ?? 0 })));
    for (const { key } of found.sort((one, other) => other.at - one.at)) {
      const letGo = await lock(key, AbortSignal.timeout(LEAVING));
      // Whoever had it may have been done with it meanwhile.
      const kept = letGo && (await read(key));
      if (kept) return new Draft(key, letGo, kept);
      letGo?.();
    }
    const key = `${place}/${crypto.randomUUID()}`;
    return new Draft(key, await lock(key));
  }

  // The forms of which something is kept.
  static async forms(desk) {
    return new Set((await keysOf(desk)).map((key) => key.split("/")[2]));
  }

  constructor(key, letGo, kept) {
    this.key = key;
    this.letGo = letGo;
    this.kept = kept;
  }

  keep(content) {
    return run("readwrite", (store) => store.put(content, this.key));
  }

  forget() {
    return run("readwrite", (store) => store.delete(this.key)).catch(() => {});
  }
}
