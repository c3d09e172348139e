/** Values that cannot be read, for every field of a message, one at a time. */
import type { Field, MessageType } from '@meseta/protocol';

type Json = Record<string, unknown>;

/** A message in which one field is wrong. */
export interface Wrong {
  readonly message: Json;
  /** The way to that field: `weight_infos[0].weight`. */
  readonly place: string;
}

/** A message with nothing but what it must have, and `depth` levels of everything else. */
export function anyMessage(type: MessageType<unknown>, depth: number): Json {
  const message: Json = {};
  for (const field of type.fields) {
    if (field.label !== 'required' && depth <= 0) continue;
    message[field.name] = held(field, anyValue(field, Math.max(0, depth - 1)));
  }
  return message;
}

function anyValue({ kind, message, enumeration }: Field, depth: number): unknown {
  if (kind === 'message') return anyMessage(message as MessageType<unknown>, depth);
  if (kind === 'enum') return [...(enumeration?.numberOf.keys() ?? [])].at(-1);
  if (kind === 'string') return 'x';
  if (kind === 'bytes') return 'AAAA';
  return kind === 'bool' ? false : 1;
}

/** Every way in which one field, `depth` levels deep at most, can have a value that no field of its kind may have. */
export function* wrongMessages(type: MessageType<unknown>, depth: number): Generator<Wrong> {
  for (const field of type.fields) {
    const place = `${field.name}${field.label === 'repeated' ? '[0]' : field.label === 'map' ? '.k' : ''}`;
    const whole = (value: unknown) => ({ ...anyMessage(type, 0), [field.name]: value });
    for (const value of wrongValues(field)) yield { message: whole(held(field, value)), place };
    if (field.label === 'repeated' || field.label === 'map') yield { message: whole(5), place: field.name };
    if (field.label === 'required') yield { message: whole(null), place: field.name };
    if (field.kind !== 'message' || depth === 0) continue;
    for (const wrong of wrongMessages(field.message as MessageType<unknown>, depth - 1)) {
      yield { message: whole(held(field, wrong.message)), place: `${place}.${wrong.place}` };
    }
  }
}

function held({ label }: Field, value: unknown): unknown {
  if (label === 'repeated') return [value];
  return label === 'map' ? { k: value } : value;
}

function wrongValues({ kind, label }: Field): unknown[] {
  if (kind === 'message') return ['x', 5, true, [5]];
  if (kind === 'string') return [5, {}, [5], true];
  if (kind === 'bytes') return [5, '!!'];
  if (kind === 'bool') return ['maybe', 5, {}];
  if (kind === 'enum') return [true, {}, ...(label === 'required' ? ['BOGUS', 99_999] : [])];
  return ['x', {}, true, '1e999', ...(kind === 'double' || kind === 'float' ? [] : [1e300])];
}
