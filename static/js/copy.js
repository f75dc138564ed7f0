/** Buttons that copy the value of a field; without a script they stay hidden, and the field can be selected. */

async function copy(button) {
  const field = document.getElementById(button.dataset.copies);
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    return; // no clipboard on plain http: the words are selected, Ctrl C takes them
  }
  const label = button.textContent;
  button.textContent = button.dataset.done;
  setTimeout(() => (button.textContent = label), 2000);
}

if (globalThis.document) {
  for (const button of document.querySelectorAll("[data-do=copy]")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }
}
