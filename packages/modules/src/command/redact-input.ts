import { isSecretName, redact, redacted } from '@meseta/telemetry';

/**
 * Redacts inputs and outputs for the log: values whose key looks like that of a secret, and values of variables, labels
 * and parameters whose `name` or `key` does.
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

/** Shorter values are not redacted in texts: they would match much of the text. */
const shortestSecret = 4;

/** Removes the secrets of an input from a text: commands may print what they are given. */
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
