/** Removes secrets from logs and views. */

const secretName = /secret|password|passwd|token|authorization|credential|private_?key|cookie/i;

/** The text that replaces a secret. */
export const redacted = '<redacted>';

/**
 * Removes users and passwords from URLs: `zk://user:pass@host` becomes `zk://<redacted>@host`. A password may contain `@`,
 * that of ZooKeeper also `/`.
 */
export function redactUrl(text: string): string {
  return text.replace(/(?<=zk):\/\/\S*@|:\/\/[^/\s]*@/g, `://${redacted}@`);
}

/**
 * Returns a copy of a value in which all values with the name of a secret are replaced, at any depth, and users are
 * removed from URLs. Cycles are cut.
 */
export function redact(value: unknown, seen?: ReadonlySet<object>): unknown {
  if (typeof value === 'string') return value.includes('://') ? redactUrl(value) : value;
  if (typeof value !== 'object' || value === null || value instanceof Error) return value;
  if (seen?.has(value)) return '<cycle>';
  const inside = new Set(seen).add(value);
  if (Array.isArray(value)) return value.map(item => redact(item, inside));
  const hides = isSecretPair(value);
  const entries = Object.entries(value).map(([name, item]) => [
    name,
    secretName.test(name) || (hides && name === 'value') ? redacted : redact(item, inside),
  ]);
  return Object.fromEntries(entries);
}

/** Tells whether a value is a secret in the form of parameters and variables: `{"key": "password", "value": …}`. */
function isSecretPair(value: object): boolean {
  const { key, name } = value as { key?: unknown; name?: unknown };
  return [key, name].some(each => typeof each === 'string' && secretName.test(each));
}

/** Tells whether a name looks like that of a secret. */
export function isSecretName(name: string): boolean {
  return secretName.test(name);
}
