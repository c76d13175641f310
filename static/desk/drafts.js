// Drafts in the browser: texts are stored until the server has them, despite a crash, a lost connection or a reload.
// IndexedDB with strict durability has written them to the disk when the promise is fulfilled
// (https://w3c.github.io/IndexedDB/).

/**
 * @typedef {object} Content the stored content of a form
 * @property {[string, FormDataEntryValue][]} fields
 * @property {any[]} pictures
 * @property {string} address the address to which it is sent
 * @property {number} at when it was stored, in milliseconds since 1970
 * @property {string} [action] the action that was under way when it was stored
 */

const DATABASE = "live-desk";
const STORE = "drafts";
/**
 * How long a form waits for the drafts of a page that the user is leaving, in milliseconds. A page may take longer on a
 * busy computer; its drafts are then inherited later.
 */
const LEAVING = 1000;

/** The database of drafts; opened when it is first needed. */
class Store {
  /** @type {Promise<IDBDatabase> | undefined} */
  #database;

  /**
   * @param {string} key
   * @returns {Promise<Content | undefined>}
   */
  get(key) {
    return this.#run("readonly", (store) => store.get(key));
  }

  /**
   * Return the keys below a path. A browser without a store has none.
   *
   * @param {string} path
   * @returns {Promise<string[]>}
   */
  keysBelow(path) {
    const below = IDBKeyRange.bound(`${path}/`, `${path}/\uffff`);
    return this.#run("readonly", (store) => /** @type {IDBRequest<string[]>} */ (store.getAllKeys(below))).catch(
      () => [],
    );
  }

  /**
   * @param {string} key
   * @param {Content} content
   */
  put(key, content) {
    return this.#run("readwrite", (store) => store.put(content, key));
  }

  /** @param {string} key */
  delete(key) {
    return this.#run("readwrite", (store) => store.delete(key));
  }

  /**
   * @template T
   * @param {IDBTransactionMode} mode
   * @param {(store: IDBObjectStore) => IDBRequest<T>} act
   * @returns {Promise<T>}
   */
  async #run(mode, act) {
    this.#database ??= openDatabase();
    const transaction = (await this.#database).transaction(STORE, mode, { durability: "strict" });
    const request = act(transaction.objectStore(STORE));
    return new Promise((resolve, reject) => {
      transaction.addEventListener("complete", () => resolve(request.result));
      for (const kind of ["abort", "error"]) transaction.addEventListener(kind, () => reject(transaction.error));
    });
  }
}

const store = new Store();

/**
 * The draft of one form of one page. While it is open, no other page can claim, restore or discard it. Keys are
 * `article/user/form/number`; the form is "new" or the id of an entry.
 */
export class Draft {
  #key;
  #unlock;
  /** The last change of what is stored. @type {Promise<unknown>} */
  #change = Promise.resolve();
  #isReleased = false;

  /**
   * Claim the newest stored draft of a form that belongs to no open page; otherwise an empty draft.
   *
   * @param {string} place `article/user/form`
   * @returns {Promise<Draft>}
   */
  static async claim(place) {
    const found = await Draft.inherit(place, AbortSignal.timeout(LEAVING));
    if (found) return found;
    const key = `${place}/${crypto.randomUUID()}`;
    return new Draft(key, await lock(key));
  }

  /**
   * Claim the newest stored draft of a form that belongs to no open page, and wait for pages that are being closed.
   *
   * @param {string} place `article/user/form`
   * @param {AbortSignal} [signal] ends the wait
   * @returns {Promise<Draft | undefined>} undefined if there is none
   */
  static async inherit(place, signal = new AbortController().signal) {
    const keys = await store.keysBelow(place);
    const found = await Promise.all(keys.map(async (key) => ({ key, at: (await store.get(key))?.at ?? 0 })));
    for (const { key } of found.sort((one, other) => other.at - one.at)) {
      const unlock = await lockUnlessHeld(key, signal);
      // Its page may have discarded it in the meantime.
      const content = unlock && (await store.get(key));
      if (content && !signal.aborted) return new Draft(key, unlock, content);
      unlock?.();
    }
    return undefined;
  }

  /**
   * Return the forms with stored drafts.
   *
   * @param {string} desk `article/user`
   * @returns {Promise<Set<string>>}
   */
  static async forms(desk) {
    return new Set((await store.keysBelow(desk)).map(formOf));
  }

  /**
   * @param {string} key
   * @param {(() => void) | null} unlock
   * @param {Content} [content] the stored content when it was claimed
   */
  constructor(key, unlock, content) {
    this.#key = key;
    this.#unlock = unlock;
    this.content = content;
  }

  /**
   * Store the present content, unless the draft is released.
   *
   * @param {Content} content
   */
  async save(content) {
    await this.#do(() => store.put(this.#key, content));
  }

  /** Delete the stored content, unless the draft is released. */
  async discard() {
    await this.#do(() => store.delete(this.#key)).catch(() => {});
  }

  /** Release the draft for the next page that claims it, once its last change is stored. */
  async release() {
    this.#isReleased = true;
    await this.#change.catch(() => {});
    this.#unlock?.();
  }

  /** @param {() => Promise<unknown>} act */
  #do(act) {
    // It may belong to another page by now.
    if (!this.#isReleased) this.#change = act();
    return this.#change;
  }
}

/**
 * Return the form to which a key belongs.
 *
 * @param {string} key
 * @returns {string}
 */
export function formOf(key) {
  return key.split("/")[2] ?? "";
}

/** @returns {Promise<IDBDatabase>} */
function openDatabase() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.addEventListener("upgradeneeded", () => request.result.createObjectStore(STORE));
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
  });
}

/** The keys that this page holds. @type {Set<string>} */
const held = new Set();
/** Pages ask here whether an open page holds a key, and the page that holds it answers. @type {BroadcastChannel} */
let pages;

function otherPages() {
  if (!pages) {
    pages = new BroadcastChannel(DATABASE);
    pages.addEventListener("message", ({ data }) => {
      if (held.has(data.asked)) pages.postMessage({ held: data.asked });
    });
  }
  return pages;
}

/**
 * Lock a key for this page (Web Locks API).
 *
 * @param {string} key
 * @param {AbortSignal} [signal] ends the wait
 * @returns {Promise<(() => void) | null>} a function that unlocks it; null if the wait has ended
 */
function lock(key, signal) {
  otherPages();
  return new Promise((resolve) => {
    const hold = () => {
      held.add(key);
      return new Promise((unlock) =>
        resolve(() => {
          held.delete(key);
          unlock(undefined);
        }),
      );
    };
    navigator.locks.request(`${DATABASE}/${key}`, { signal }, hold).catch(() => resolve(null));
  });
}

/**
 * Lock a key unless another open page holds it. A page that the user has left does not answer, although the browser may
 * not have released its locks yet.
 *
 * @param {string} key
 * @param {AbortSignal} signal ends the wait
 */
async function lockUnlessHeld(key, signal) {
  const answered = new AbortController();
  const listen = (/** @type {MessageEvent} */ { data }) => data.held === key && answered.abort();
  otherPages().addEventListener("message", listen);
  otherPages().postMessage({ asked: key });
  try {
    return await lock(key, AbortSignal.any([signal, answered.signal]));
  } finally {
    otherPages().removeEventListener("message", listen);
  }
}
