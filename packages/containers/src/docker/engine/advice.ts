/** What an operator can do about an engine's own words. */
const known: readonly (readonly [said: RegExp, action: string])[] = [
  [
    /no space left on device|disk quota exceeded/i,
    "the engine's disk is full: free some of it on the engine's machine, such as with 'docker system prune'",
  ],
  [
    /no matching manifest for|no match for platform|platform .* does not match|exec format error/i,
    "the image is not for the engine's kind of machine: name one that is, or build it for several",
  ],
  [
    /does not support reading/i,
    'the log driver of the container does not let its output be read: take json-file, local or journald',
  ],
];

/** Adds what can be done to the words of an engine; leaves words alone for which nothing is known. */
export function withAdvice(said: string): string {
  const [, action] = known.find(([pattern]) => pattern.test(said)) ?? [];
  return action === undefined ? said : `${said}; ${action}`;
}
