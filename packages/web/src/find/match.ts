/** How well a text is what someone types: all words of it must be found, in one piece or letter by letter. Pure. */

/** What is certain to be better than any match letter by letter. */
const IN_ONE_PIECE = 1000;
const WHOLE = 500;
const AT_START = 200;
const AT_WORD = 100;

/** Cuts what someone types into words. */
export const wordsOf = (typed: string): string[] => typed.toLowerCase().split(/\s+/).filter(Boolean);

/**
 * Returns how well a text matches words; 0: not at all. A piece is better than letters that are apart, a beginning is better than an
 * end, and a short text is better than a long one.
 *
 * @param words as of {@link wordsOf}, at least one.
 */
export function matchScore(text: string, words: readonly string[]): number {
  const folded = text.toLowerCase();
  let score = 0;
  for (const word of words) {
    const one = wordScore(folded, word);
    if (one === 0) return 0;
    score += one;
  }
  return score / words.length - Math.min(50, folded.length / 10);
}

/** Whether a text has all words in one piece each: what someone types on purpose. */
export const hasWords = (text: string, words: readonly string[]): boolean =>
  words.every(word => text.toLowerCase().includes(word));

function wordScore(text: string, word: string): number {
  const at = text.indexOf(word);
  if (at < 0) return letterScore(text, word);
  if (text.length === word.length) return IN_ONE_PIECE + WHOLE;
  if (at === 0) return IN_ONE_PIECE + AT_START;
  return IN_ONE_PIECE + (isBorder(text.charCodeAt(at - 1)) ? AT_WORD : 0);
}

/** Letters in their order, with as few others between them as a single pass finds. */
function letterScore(text: string, word: string): number {
  let first = -1;
  let found = 0;
  let last = 0;
  for (let at = 0; at < text.length && found < word.length; at++) {
    if (text.charCodeAt(at) !== word.charCodeAt(found)) continue;
    if (found === 0) first = at;
    found++;
    last = at;
  }
  if (found < word.length) return 0;
  const between = last - first + 1 - word.length;
  return Math.max(60, IN_ONE_PIECE / 2 - between * 10);
}

/** Whether a character is none of letters and digits. */
function isBorder(code: number): boolean {
  return !((code >= 97 && code <= 122) || (code >= 48 && code <= 57));
}
