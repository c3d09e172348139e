import { redact } from '@meseta/daemon';

/**
 * Redacts what is logged of inputs and outputs: what is named like a secret, be it by its key or, as variables, labels
 * and parameters are, by a `name` or `key` beside the `value`.
 */
export function redactInput(value: unknown): unknown {
  return redact(withNamedValues(value));
}

function withNamedValues(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withNamedValues);
  if (typeof value !== 'object' || value === null) return value;
  const json = value as Record<string, unknown>;
  const entries = Object.entries(json).map(([key, member]) => [key, withNamedValues(member)] as const);
  const copy: Record<string, unknown> = Object.fromEntries(entries);
  const name = json.name ?? json.key;
  if (typeof name !== 'string' || typeof json.value !== 'string') return copy;
  const named = redact({ [name]: json.value }) as Record<string, unknown>;
  return { ...copy, value: named[name] };
}
