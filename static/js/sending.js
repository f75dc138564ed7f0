/** Whether everything is saved, always in sight: the status in the bar, and the list behind it. */

/** Show an outbox's state. @param {import("passages/outbox").Outbox} outbox */
export function sending(outbox, words, signIn) {
  const status = document.getElementById("status");
  const text = status.querySelector("[data-words]");
  const box = document.getElementById("waiting");
  const refused = [];

  const show = () => {
    const state = refused.length && outbox.state === "saved" ? "refused" : outbox.state;
    status.dataset.state = { saved: "saved", saving: "saving", offline: "offline" }[state] ?? "failed";
    const n = String(state === "refused" ? refused.length : outbox.waiting);
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
    const n = String(outbox.waiting);
    if (outbox.state === "signed-out") {
      add("p", words.waitingSignedOut.replace("{n}", n));
      const link = add("a", words.signIn);
      link.href = `${signIn}?next=${encodeURIComponent(location.pathname)}`;
    } else if (outbox.waiting) add("p", words.waiting.replace("{n}", n));
    else if (!refused.length) add("p", words.waitingNone);
    if (!outbox.durable) add("p", words.noStorage);
    for (const reason of refused) add("p", reason).className = "note";
    if (refused.length) {
      const button = add("button", words.dismiss);
      button.className = "button";
      button.addEventListener("click", () => {
        refused.length = 0;
        show();
        status.focus();
        box.hidden = true;
      });
    }
    box.replaceChildren(...parts);
  };

  const toggle = (open) => {
    box.hidden = !open;
    status.setAttribute("aria-expanded", String(open));
    if (open) fill();
  };

  outbox.addEventListener("state", show);
  outbox.addEventListener("settled", ({ detail }) => {
    for (const { state, reason } of detail.results) if (state === "refused") refused.push(reason || words.refused.replace("{n}", "1"));
    show();
  });
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
}
