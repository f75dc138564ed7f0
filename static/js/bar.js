/** The bar on every page: the theme, and the folded pages menu of narrow screens. */

const root = document.documentElement;

const isDark = () =>
  root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;

function switchTheme() {
  root.dataset.theme = isDark() ? "light" : "dark";
  localStorage.setItem("passages.theme", root.dataset.theme);
  root.dispatchEvent(new CustomEvent("passages:theme"));
}

function foldNav(button, open) {
  button.setAttribute("aria-expanded", String(open));
  document.getElementById(button.getAttribute("aria-controls")).toggleAttribute("data-open", open);
}

document.addEventListener("click", (event) => {
  const menu = document.querySelector("[data-do=nav]");
  const button = event.target.closest("[data-do=theme], [data-do=nav]");
  if (button?.dataset.do === "theme") switchTheme();
  else if (button) foldNav(button, button.getAttribute("aria-expanded") !== "true");
  else if (menu) foldNav(menu, false);
});

/** Ctrl K: to the field that finds words in all transcripts, with the words selected here. */
function find(link) {
  const field = document.getElementById("find-words");
  if (field instanceof HTMLInputElement) {
    field.focus();
    field.select();
    return;
  }
  const words = document.getSelection().toString().replace(/\s+/g, " ").trim();
  location.assign(words && words.length <= 200 ? `${link.href}?${new URLSearchParams({ q: words })}` : link.href);
}

document.addEventListener("keydown", (event) => {
  const link = document.querySelector("a[data-do=find]");
  if (link && (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && !event.shiftKey && !event.altKey) {
    event.preventDefault();
    find(link);
  }
  const menu = document.querySelector("[data-do=nav][aria-expanded=true]");
  if (event.key === "Escape" && menu) {
    foldNav(menu, false);
    menu.focus();
  }
});

// A row of ways that is wider than the screen begins with the one that is taken.
for (const current of document.querySelectorAll("nav [aria-current=page]")) {
  const row = current.closest("nav");
  const over = current.getBoundingClientRect().right - row.getBoundingClientRect().right;
  if (row.scrollWidth > row.clientWidth && over > 0) row.scrollLeft += over + row.clientWidth / 4;
}
