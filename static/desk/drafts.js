// What somebody is writing, kept in the browser until the newsroom has it: through a crash, a lost connection, a reload.
// IndexedDB with strict durability has it on the disk when the promise is kept (https://w3c.github.io/IndexedDB/).

const NAME = "live-desk";
const STORE = "drafts";

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

export const drafts = {
  keep: (key, draft) => run("readwrite", (store) => store.put(draft, key)),
  get: (key) => run("readonly", (store) => store.get(key)),
  forget: (key) => run("readwrite", (store) => store.delete(key)),
};
