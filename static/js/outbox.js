/**
 * Changes on their way to the server: kept in IndexedDB until it has them, sent in order, resent as often as it takes.
 *
 * An entry is `{seq, user, transcript, address, revision, change, added, removed}`: the change to send, and what it did
 * to the codings, so that a page that opens while it waits can show it. One that the server refuses stays, with
 * `refused: {reason, why, near}`, until the person has dealt with it. A person only ever sends their own.
 */

import { plain } from "passages/store";

const NAME = "passages";
const BATCH = 200;
const LONGEST_WAIT = 15_000;

function openDatabase() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore("changes", { keyPath: "seq", autoIncrement: true });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("blocked"));
  });
}

/** What can hold entries where IndexedDB cannot be had (some private windows): this page's memory. */
class Memory {
  #entries = [];
  #seq = 0;
  async add(entries) {
    for (const entry of entries) this.#entries.push({ ...entry, seq: (this.#seq += 1) });
  }
  async all() {
    return [...this.#entries];
  }
  async settle(seqs, kept = []) {
    this.#entries = this.#entries.filter((entry) => !seqs.includes(entry.seq)).concat(kept);
    this.#entries.sort((a, b) => a.seq - b.seq);
  }
}

class Database {
  constructor(database) {
    this.database = database;
  }
  #run(mode, work) {
    return new Promise((resolve, reject) => {
      const transaction = this.database.transaction("changes", mode, { durability: "strict" });
      const request = work(transaction.objectStore("changes"));
      transaction.oncomplete = () => resolve(request?.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  }
  add(entries) {
    return this.#run("readwrite", (store) => void entries.forEach((entry) => store.add(entry)));
  }
  all() {
    return this.#run("readonly", (store) => store.getAll());
  }
  /** Remove entries, and keep others as they are now, in one transaction. */
  settle(seqs, kept = []) {
    return this.#run("readwrite", (store) => {
      for (const seq of seqs) store.delete(seq);
      for (const entry of kept) store.put(entry);
    });
  }
}

export class Outbox extends EventTarget {
  #store = null;
  #sending = false;
  #again = false;
  #wait = 0;
  #timer = 0;
  #opening = Promise.withResolvers();
  #adding = this.#opening.promise;
  #added = 0;
  #kept = 0;
  #otherTabs = globalThis.BroadcastChannel ? new BroadcastChannel("passages.settled") : null;

  /** @param {{user: number, csrf: () => string}} given */
  constructor({ user, csrf }) {
    super();
    this.user = user;
    this.csrf = csrf;
    this.state = "saved";
    this.waiting = 0;
    this.since = null;
    this.durable = true;
    // Whichever tab sends a change, the one that shows it must hear what became of it.
    this.#otherTabs?.addEventListener("message", ({ data }) => {
      if (data.user === this.user) this.dispatchEvent(new CustomEvent("settled", { detail: data }));
    });
    addEventListener("online", () => this.send());
    addEventListener("pageshow", () => this.send());
    document.addEventListener("visibilitychange", () => document.hidden || this.send());
  }

  /** Open the place where changes wait. */
  async open() {
    if (this.#store) return;
    try {
      this.#store = new Database(await openDatabase());
      navigator.storage?.persist?.();
    } catch {
      this.#store = new Memory();
      this.durable = false;
    }
    this.#opening.resolve(undefined);
  }

  async #own() {
    await this.#opening.promise;
    return (await this.#store.all()).filter((entry) => entry.user === this.user);
  }

  /** This person's entries that wait, in order. */
  async mine() {
    return (await this.#own()).filter((entry) => !entry.refused);
  }

  /** This person's entries that the server refused, in order. */
  async refused() {
    return (await this.#own()).filter((entry) => entry.refused);
  }

  /** Let go of refused entries. */
  async dismiss(seqs) {
    await this.#store.settle(seqs);
    this.dispatchEvent(new Event("refused"));
  }

  /** Send a refused entry once more. */
  async again({ refused, ...entry }) {
    await this.#store.settle([entry.seq], [entry]);
    this.#more(1);
    this.dispatchEvent(new Event("refused"));
    return this.send();
  }

  #become(state, waiting = this.waiting) {
    const offline = state !== "saved" && state !== "saving";
    this.since = offline ? (this.since ?? new Date()) : null;
    this.state = state;
    this.waiting = waiting;
    this.dispatchEvent(new Event("state"));
  }

  /** From now on that many more wait: nothing may say “saved” before they are. */
  #more(count) {
    this.#become(this.state === "saved" ? "saving" : this.state, this.waiting + count);
  }

  /** Keep changes, in order, then send them. Resolves when they are kept. */
  add(entries) {
    this.#added += entries.length;
    this.#more(entries.length);
    const owned = entries.map((entry) => ({ ...entry, user: this.user }));
    this.#adding = this.#adding.then(() => this.#keep(owned));
    return this.#adding.then(() => this.send());
  }

  async #keep(entries) {
    try {
      await this.#store.add(entries);
    } catch {
      // A full disk, or a database that the browser threw away: from now on this page's memory holds them.
      const memory = new Memory();
      await memory.add([...(await this.#store.all().catch(() => [])), ...entries]);
      this.#store = memory;
      this.durable = false;
    }
    this.#kept += entries.length;
  }

  /** Send what waits, unless that is under way (then once more after it). */
  async send() {
    if (!this.#store) return;
    if (this.#sending) {
      this.#again = true;
      return;
    }
    this.#sending = true;
    clearTimeout(this.#timer);
    try {
      // One tab at a time: the order of a person's changes is theirs over all tabs.
      if (navigator.locks) await navigator.locks.request("passages.outbox", () => this.#sendAll());
      else await this.#sendAll();
    } finally {
      this.#sending = false;
    }
    if (this.#again) {
      this.#again = false;
      this.send();
    }
  }

  async #sendAll() {
    for (;;) {
      const kept = this.#kept;
      const waiting = await this.mine();
      if (!waiting.length) {
        this.#wait = 0;
        if (kept === this.#added) this.#become("saved", 0); // else a change is on its way here, and sends once more
        return;
      }
      const first = waiting[0];
      const batch = [];
      for (const entry of waiting) {
        if (entry.address !== first.address || entry.revision !== first.revision || batch.length === BATCH) break;
        batch.push(entry);
      }
      this.#become(this.state === "saved" ? "saving" : this.state, waiting.length);
      if (!(await this.#sendBatch(batch))) return;
    }
  }

  /** Whether the server has dealt with a batch; otherwise when to try again is arranged. */
  async #sendBatch(batch) {
    let response;
    try {
      response = await fetch(batch[0].address, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": this.csrf() },
        body: JSON.stringify({
          revision: batch[0].revision,
          coder: this.user, // somebody else may have signed in since
          changes: batch.map((entry) => entry.change),
        }),
        redirect: "error",
      });
    } catch {
      this.#later("offline");
      return false;
    }
    if (response.status === 401) {
      this.#become("signed-out");
      return false;
    }
    if (response.status === 404 || response.status === 403 || response.status === 422) {
      const { detail } = await response.json().catch(() => ({ detail: "" }));
      const reason = typeof detail === "string" ? detail : "";
      if (response.status === 403 && /csrf/i.test(reason)) {
        this.#become("signed-out");
        return false;
      }
      const why = { 403: "role", 404: "removed" }[response.status] ?? null;
      await this.#settle(batch, batch.map((entry) => ({ id: entry.change.id, state: "refused", reason, why })), null);
      return true;
    }
    if (!response.ok) {
      this.#later("offline");
      return false;
    }
    const answer = await response.json().catch(() => null); // the server died while it spoke
    if (!answer?.results) {
      this.#later("offline");
      return false;
    }
    this.#wait = 0;
    this.#become("saving");
    await this.#settle(batch, answer.results, answer);
    return true;
  }

  async #settle(batch, results, answer) {
    const byId = new Map(results.map((result) => [plain(result.id), result]));
    const refused = batch.flatMap((entry) => {
      const { state, reason = "", why = null, near = null } = byId.get(plain(entry.change.id)) ?? {};
      return state === "refused" ? [{ ...entry, refused: { reason, why, near } }] : [];
    });
    await this.#store.settle(batch.map((entry) => entry.seq), refused);
    const detail = { user: this.user, batch, results, answer };
    this.#otherTabs?.postMessage(detail);
    this.dispatchEvent(new CustomEvent("settled", { detail }));
  }

  #later(state) {
    this.#wait = Math.min(LONGEST_WAIT, this.#wait * 2 || 1000);
    this.#timer = setTimeout(() => this.send(), this.#wait);
    this.#become(state);
  }
}
