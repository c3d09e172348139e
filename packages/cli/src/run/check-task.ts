/** Checks a user's TaskInfo more strictly than Mesos parses messages: a typing mistake must not be ignored. */

import { suggestion } from '@meseta/flags/did-you-mean';
import type { MessageType } from '@meseta/protocol';

type Field = MessageType<unknown>['fields'][number];

/**
 * Finds the first mistake in a message in JSON.
 *
 * @param path of the message, '' for the root.
 * @returns a sentence with the path of the field; undefined when there is no mistake. Missing fields are not checked.
 */
export function messageProblem(type: MessageType<unknown>, value: unknown, path = ''): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return `${path || `a ${type.name}`} is a JSON object, not ${describe(value)}`;
  }
  for (const [key, child] of Object.entries(value)) {
    const field = type.byName.get(key);
    const place = path ? `${path}.${key}` : key;
    if (!field) return `there is no field ${place} in ${type.name}${suggestion(key, [...type.byName.keys()])}`;
    const problem = child === null ? undefined : fieldProblem(field, child, place);
    if (problem) return problem;
  }
  return undefined;
}

function fieldProblem(field: Field, value: unknown, place: string): string | undefined {
  if (field.label === 'repeated') {
    if (!Array.isArray(value)) return `${place} is a list, not ${describe(value)}`;
    return first(value.map((element, index) => () => valueProblem(field, element, `${place}[${index}]`)));
  }
  if (field.label !== 'map') return valueProblem(field, value, place);
  if (typeof value !== 'object' || Array.isArray(value)) return `${place} is a JSON object, not ${describe(value)}`;
  return first(
    Object.entries(value ?? {}).map(
      ([key, element]) =>
        () =>
          valueProblem(field, element, `${place}.${key}`),
    ),
  );
}

function first(checks: (() => string | undefined)[]): string | undefined {
  for (const check of checks) {
    const problem = check();
    if (problem) return problem;
  }
  return undefined;
}

function valueProblem(field: Field, value: unknown, place: string): string | undefined {
  switch (field.kind) {
    case 'message':
      return messageProblem(field.message as MessageType<unknown>, value, place);
    case 'string':
    case 'bytes':
      return typeof value === 'string' ? undefined : `${place} is a text in quotes, not ${describe(value)}`;
    case 'bool':
      return [true, false, 'true', 'false'].includes(value as boolean)
        ? undefined
        : `${place} is true or false, not ${describe(value)}`;
    case 'enum': {
      const names = [...(field.enumeration?.numberOf.keys() ?? [])];
      if (typeof value === 'number' || names.includes(value as string)) return undefined;
      return `${place} is one of ${names.join(', ')}, not ${describe(value)}`;
    }
    default:
      return isNumber(value) ? undefined : `${place} is a number, not ${describe(value)}`;
  }
}

function isNumber(value: unknown): boolean {
  return (
    typeof value === 'number' || (typeof value === 'string' && value.trim() !== '' && !Number.isNaN(Number(value)))
  );
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (value === null) return 'null';
  if (typeof value === 'object') return 'an object';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
