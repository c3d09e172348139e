/** What a registry asks for in `WWW-Authenticate`. */
export interface Challenge {
  /** In lower case: `bearer`, `basic`. */
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
}

const token = "[\\w!#$%&'*+.^`|~-]+";
const parameter = new RegExp(`\\s*,?\\s*(${token})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|(${token}))`, 'y');
const schemeForm = new RegExp(`\\s*,?\\s*(${token})(?=\\s|$|,)`, 'y');

/**
 * Parses the value of a header `WWW-Authenticate`, which can have several challenges. What cannot be parsed ends it.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-www-authenticate
 */
export function parseChallenges(header: string): Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  for (let at = 0; at < header.length; ) {
    const current = challenges.at(-1);
    parameter.lastIndex = at;
    const found = parameter.exec(header);
    if (found !== null && current !== undefined) {
      const [, name = '', quoted, plain] = found;
      current.parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '');
      at = parameter.lastIndex;
      continue;
    }
    schemeForm.lastIndex = at;
    const scheme = schemeForm.exec(header)?.[1];
    if (scheme === undefined) break;
    challenges.push({ scheme: scheme.toLowerCase(), parameters: new Map() });
    at = schemeForm.lastIndex;
  }
  return challenges;
}
