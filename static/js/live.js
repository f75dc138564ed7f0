/** What colleagues change in this transcript, asked for every few seconds while the page is seen. */

const EVERY = 4000;

/**
 * Ask `address?after=<event>` again and again; `take(answer)` gets each answer. `gone(whether)` is told when the
 * transcript cannot be reached any more, and when it can again.
 */
export function follow(address, event, { take, gone }) {
  let known = event;
  let timer = 0;
  const ask = async () => {
    clearTimeout(timer);
    if (!document.hidden && navigator.onLine) {
      try {
        const response = await fetch(`${address}?after=${known}`, { headers: { Accept: "application/json" } });
        if (response.ok || response.status === 404) gone(response.status === 404);
        if (response.ok) {
          const answer = await response.json();
          known = Math.max(known, answer.event);
          take(answer);
        }
      } catch {
        // Nobody is told: sending says when the server is away.
      }
    }
    timer = setTimeout(ask, EVERY);
  };
  timer = setTimeout(ask, EVERY);
  document.addEventListener("visibilitychange", () => document.hidden || ask());
}
