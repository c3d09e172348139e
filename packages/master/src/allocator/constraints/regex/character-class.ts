/** True for the code points that match. */
export type CharacterTest = (codePoint: number) => boolean;

const code = (character: string) => character.codePointAt(0)!;
const between = (from: string, to: string): CharacterTest => {
  const [low, high] = [code(from), code(to)];
  return point => point >= low && point <= high;
};
const anyOf =
  (...tests: CharacterTest[]): CharacterTest =>
  point =>
    tests.some(test => test(point));
export const not =
  (test: CharacterTest): CharacterTest =>
  point =>
    !test(point);
const oneOf = (characters: string): CharacterTest => {
  const points = new Set(Array.from(characters, code));
  return point => points.has(point);
};

const digit = between('0', '9');
const lower = between('a', 'z');
const upper = between('A', 'Z');
export const word = anyOf(lower, upper, digit, oneOf('_'));
const space = oneOf('\t\n\f\r ');

/** `\d`, `\w` and so on, by the letter. */
export const perlClasses: Readonly<Record<string, CharacterTest>> = {
  d: digit,
  D: not(digit),
  w: word,
  W: not(word),
  s: space,
  S: not(space),
};

/** `[[:alpha:]]` and so on, by name. */
export const posixClasses: ReadonlyMap<string, CharacterTest> = new Map([
  ['alnum', anyOf(lower, upper, digit)],
  ['alpha', anyOf(lower, upper)],
  ['blank', oneOf('\t ')],
  ['digit', digit],
  ['lower', lower],
  ['punct', anyOf(between('!', '/'), between(':', '@'), between('[', '`'), between('{', '~'))],
  ['space', anyOf(space, oneOf('\v'))],
  ['upper', upper],
  ['word', word],
  ['xdigit', anyOf(digit, between('a', 'f'), between('A', 'F'))],
]);
