/** Asks before a page is left with something unsaved in a form marked `data-guard`; `data-unsaved` says that it came so. */

/** Whether something was typed or chosen in a form since it came; fields that scripts fill for themselves aside. */
export function isUnsaved(form) {
  if (form.hasAttribute("data-unsaved")) return true;
  return [...form.elements].some((field) => {
    if (field.type === "hidden" || field.name === "" || field.tagName === "SELECT") return false;
    return field.type === "radio" || field.type === "checkbox"
      ? field.checked !== field.defaultChecked
      : "defaultValue" in field && field.type !== "submit" && field.value !== field.defaultValue;
  });
}

let sent = false;

globalThis.document?.addEventListener("submit", () => (sent = true), { capture: true });
globalThis.document?.addEventListener("submit", (event) => {
  // Sent by a script, the page stays.
  if (event.defaultPrevented) sent = false;
});
globalThis.document?.addEventListener("click", (event) => {
  if (event.target.closest("a[data-leaves]")) sent = true; // who presses it wants to
});
globalThis.addEventListener?.("beforeunload", (event) => {
  const forms = /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll("form[data-guard]"));
  if (!sent && [...forms].some(isUnsaved)) event.preventDefault();
});
