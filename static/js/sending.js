/** Whether everything is saved, always in sight: the status in the bar, and the list behind it. */

import { counted } from "passages/counted";

const LISTED = 20; // changes that wait, of those listed; the others are counted

/**
 * Show an outbox's state, and what the server refused.
 * @param {{outbox: import("passages/outbox").Outbox, refusals: import("passages/refusals").Refusals,
 *   words: DOMStringMap, signIn: string}} given
 */
export function sending({ outbox, refusals, words, signIn }) {
  const status = document.getElementById("status");
  const text = status.querySelector("[data-words]");
  const box = document.getElementById("waiting");

  const show = () => {
    const refused = refusals.entries.length;
    const state = refused && outbox.state === "saved" ? "refused" : outbox.state;
    status.dataset.state = { saved: "saved", saving: "saving", offline: "offline" }[state] ?? "failed";
    const n = String(state === "refused" ? refused : outbox.waiting);
    const said = {
      saved: words.saved,
      saving: words.saving,
      offline: words.offline,
      "signed-out": words.signedOut,
      refused: words.refused,
    }[state].replace("{n}", n);
    if (text.textContent !== said) text.textContent = said;
    if (!box.hidden) fill();
  };

  const fill = () => {
    const parts = [];
    const add = (tag, content) => {
      const element = document.createElement(tag);
      element.textContent = content;
      parts.push(element);
      return element;
    };
    if (outbox.state === "signed-out") {
      add("p", counted(words, "waitingSignedOut", outbox.waiting));
      const link = add("a", words.signIn);
      link.href = `${signIn}?next=${encodeURIComponent(location.pathname)}`;
    } else if (outbox.waiting) add("p", counted(words, "waiting", outbox.waiting));
    else if (!refusals.entries.length) add("p", words.waitingNone);
    if (!outbox.durable) add("p", words.noStorage);
    if (outbox.waiting) listWaiting(add("ul", ""));
    const held = box.contains(document.activeElement);
    if (refusals.entries.length) {
      add("h2", words.refusedTitle);
      add("ul", "").append(...refusals.items());
    }
    box.replaceChildren(...parts);
    if (held) (box.querySelector("button, a") ?? status).focus();
  };

  const listWaiting = async (list) => {
    const waiting = await outbox.mine();
    list.append(...waiting.slice(0, LISTED).map((entry) => refusals.describe(entry)));
    if (waiting.length > LISTED) {
      const more = document.createElement("li");
      more.textContent = words.andMore.replace("{n}", String(waiting.length - LISTED));
      list.append(more);
    }
  };

  const toggle = (open) => {
    box.hidden = !open;
    status.setAttribute("aria-expanded", String(open));
    if (open) fill();
  };

  outbox.addEventListener("state", show);
  refusals.addEventListener("change", show);
  status.addEventListener("click", () => toggle(box.hidden));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !box.hidden) {
      toggle(false);
      status.focus();
    }
  });
  addEventListener("beforeunload", (event) => {
    if (!outbox.durable && outbox.waiting) event.preventDefault();
  });
  return { close: () => toggle(false) };
}
