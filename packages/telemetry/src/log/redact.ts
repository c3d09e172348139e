/** Keeps secrets out of logs and views. */

const secretName = /secret|password|passwd|token|authorization|credential|private_?key|cookie/i;

/** Shown instead of a secret. */
export const redacted = '<redacted>';

/** Takes users and passwords out of URLs: `zk://user:pass@host` becomes `zk://<redacted>@host`. A password may hold `@`. */
export function redactUrl(text: string): string {
  return text.replace(/:\/\/[^/\s]*@/g, `://${redacted}@`);
}

/**
 * A copy of a value with everything replaced that is named like a secret, at any depth, and users taken out of URLs.
 * Cycles are cut.
 */
export function redact(value: unknown, seen: ReadonlySet<object> = new Set()): unknown {
  if (typeof value === 'string') return value.includes('://') ? redactUrl(value) : value;
  if (typeof value !== 'object' || value === null || value instanceof Error) return value;
  if (seen.has(value)) return '<cycle>';
  const inside = new Set(seen).add(value);
  if (Array.isArray(value)) return value.map(item => redact(item, inside));
  const hides = isSecretPair(value);
  const entries = Object.entries(value).map(([name, item]) => [
    name,
    secretName.test(name) || (hides && name === 'value') ? redacted : redact(item, inside),
  ]);
  return Object.fromEntries(entries);
}

/** `{"key": "password", "value": …}`, as parameters and variables are written. */
function isSecretPair(value: object): boolean {
  const { key, name } = value as { key?: unknown; name?: unknown };
  return [key, name].some(each => typeof each === 'string' && secretName.test(each));
}

/** Whether a name promises a secret value. */
export function isSecretName(name: string): boolean {
  return secretName.test(name);
}
