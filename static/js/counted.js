/** Sentences with a number in them. */

/** The words for a number of something: `key` of the page's words, or where it is one, the words of `keyOne`. */
export const counted = (words, key, n) => (n === 1 ? words[`${key}One`] : words[key]).replace("{n}", String(n));
