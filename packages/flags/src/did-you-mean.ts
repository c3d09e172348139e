/**
 * Returns the candidate that the user probably meant.
 *
 * @returns undefined when none of the candidates is similar.
 */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  const most = Math.max(1, Math.floor(word.length / 3));
  const ranked = candidates
    .map(candidate => ({ candidate, distance: distance(word, candidate) }))
    .filter(({ candidate, distance: edits }) => edits <= most || (word.length > 2 && candidate.startsWith(word)))
    .sort((a, b) => a.distance - b.distance);
  return ranked[0]?.candidate;
}

/** Returns `; did you mean X?`, or an empty text. */
export function suggestion(word: string, candidates: readonly string[], prefix = ''): string {
  const meant = closest(word, candidates);
  return meant === undefined ? '' : `; did you mean ${prefix}${meant}?`;
}

/**
 * Returns the candidate of which a word is a slip of the keyboard: one or two letters differ, and the first does not. Names of other versions
 * differ by more: `shutdown_frameworks`, `set_quotas`.
 */
export function slipOf(word: string, candidates: readonly string[]): string | undefined {
  return candidates.find(candidate => candidate[0] === word[0] && distance(word, candidate) <= 2);
}

/** Returns the number of letters to add, remove, change or swap with their neighbour. */
function distance(a: string, b: string): number {
  let twoBack: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min(changed, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, (twoBack[j - 2] ?? 0) + 1);
      row.push(least);
    }
    [twoBack, previous] = [previous, row];
  }
  return previous[b.length] ?? 0;
}
