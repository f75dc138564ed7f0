/**
 * On every page but the transcripts': sends what still waits in this browser since last time, says so, and warns who
 * signs out while something waits.
 */

import { counted } from "passages/counted";
import { csrf } from "passages/csrf";
import { Outbox } from "passages/outbox";

const note = document.getElementById("unsent");
const link = (name) => document.querySelector(`[data-unsent=${name}]`);

function watchSigningOut(outbox) {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("sign-out-dialog"));
  const form = /** @type {HTMLFormElement} */ (document.querySelector("form[data-signs-out]"));
  if (!form) return;
  form.addEventListener("submit", async (event) => {
    if (form.dataset.sure) return;
    event.preventDefault();
    const waiting = await outbox.mine();
    if (!waiting.length) return sure();
    const said = dialog.querySelector("[data-words]");
    said.textContent = said.dataset.words.replace("{n}", String(waiting.length));
    dialog.showModal();
  });
  const sure = () => {
    form.dataset.sure = "true";
    form.requestSubmit();
  };
  dialog.addEventListener("close", () => dialog.returnValue === "leave" && sure());
}

async function sendWhatWaits() {
  const outbox = new Outbox({ user: Number(note.dataset.user), csrf });
  await outbox.open();
  watchSigningOut(outbox);
  const before = (await outbox.mine()).length;
  const tell = async () => {
    const refused = await outbox.refused();
    const waits = outbox.waiting > 0;
    if (!before && !refused.length) return;
    const name = refused.length && !waits ? "refused" : waits ? "waiting" : "sent";
    const n = { refused: refused.length, waiting: outbox.waiting, sent: before }[name];
    note.querySelector("[data-words]").textContent = counted(note.dataset, name, n);
    const anchor = /** @type {HTMLAnchorElement} */ (link("open"));
    anchor.hidden = !refused.length;
    if (refused.length) anchor.href = anchor.dataset.address.replace("/0/", `/${refused[0].transcript}/`);
    note.hidden = false;
  };
  outbox.addEventListener("state", tell);
  if (before) outbox.send();
  else tell();
}

if (note) sendWhatWaits();
