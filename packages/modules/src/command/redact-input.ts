import { isSecretName, redact, redacted } from '@meseta/telemetry';

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

/** Shorter ones are left in a text: half of it would go with them. */
const shortestSecret = 4;

/** A text with the secrets of an input taken out: commands may print what they are given. */
export function redactWords(text: string, input: unknown): string {
  const secrets = [...secretsIn(input)].filter(secret => secret.length >= shortestSecret);
  const forms = secrets.flatMap(secret => [secret, JSON.stringify(secret).slice(1, -1)]);
  return forms.sort((a, b) => b.length - a.length).reduce((words, form) => words.replaceAll(form, redacted), text);
}

function* secretsIn(value: unknown, isSecret = false): Generator<string> {
  if (typeof value === 'string' && isSecret) yield value;
  if (typeof value !== 'object' || value === null) return;
  const { name, key } = value as Record<string, unknown>;
  const named = [name, key].some(each => typeof each === 'string' && isSecretName(each));
  for (const [member, inner] of Object.entries(value)) {
    if (member === 'type' || (named && (member === 'name' || member === 'key'))) continue;
    yield* secretsIn(inner, isSecret || isSecretName(member) || (named && member === 'value'));
  }
}
