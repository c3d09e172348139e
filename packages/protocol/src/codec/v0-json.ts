/**
 * Converts messages to and from JSON with v0 names, as Mesos passes them to modules: `slave_id` for `agent_id`,
 * `SOURCE_SLAVE` for `SOURCE_AGENT`; keys are sorted; unset fields are left out unless they have a default, which is
 * written.
 *
 * @see Mesos 3rdparty/stout/include/stout/protobuf.hpp, JSON::protobuf
 */
import { fromJson } from './from-json.ts';
import type { Field, MessageType } from './schema.ts';

type Json = Record<string, unknown>;

/** The fields with another name in v0, in messages that both versions have. */
const v0Names: Readonly<Record<string, string>> = {
  agent_id: 'slave_id',
  agent_info: 'slave_info',
  tty_agent_path: 'tty_slave_path',
};
const v1Names = Object.fromEntries(Object.entries(v0Names).map(([v1, v0]) => [v0, v1]));

/** Converts a message to a JSON value that shares nothing with it. */
export function toV0Json<T>(type: MessageType<T>, message: T): Json {
  return writeMessage(type, message as Json);
}

/**
 * Reads a message from parsed JSON by Mesos's lenient rules (see `fromJson`), with names of v0 or v1.
 *
 * @throws {DecodeError}
 */
export function fromV0Json<T>(type: MessageType<T>, value: unknown): T {
  return fromJson(type, isObject(value) ? renamed(type, value) : value);
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The fields of each type by v0 name, in the order in which they are written; computed once. */
const sortedFields = new WeakMap<MessageType<unknown>, readonly (readonly [v0: string, field: Field])[]>();

function fieldsOf(type: MessageType<unknown>): readonly (readonly [v0: string, field: Field])[] {
  const known = sortedFields.get(type);
  if (known) return known;
  const fields = type.fields.map(field => [v0Names[field.name] ?? field.name, field] as const);
  fields.sort(([a], [b]) => (a < b ? -1 : 1));
  sortedFields.set(type, fields);
  return fields;
}

function writeMessage(type: MessageType<unknown>, message: Json): Json {
  const json: Json = {};
  for (const [name, field] of fieldsOf(type)) {
    const value = message[field.name] ?? field.fallback;
    if (value !== undefined && !(Array.isArray(value) && value.length === 0)) json[name] = writeField(field, value);
  }
  return json;
}

function writeField(field: Field, value: unknown): unknown {
  if (Array.isArray(value)) return value.map(element => writeValue(field, element));
  if (field.label !== 'map') return writeValue(field, value);
  const entries = Object.entries(value as Json).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, element]) => [key, writeValue(field, element)]));
}

function writeValue(field: Field, value: unknown): unknown {
  if (field.message) return writeMessage(field.message, value as Json);
  return field.kind === 'enum' ? enumName(value, 'AGENT', 'SLAVE') : value;
}

/** Only sources and reasons of statuses have other names in v0. */
function enumName(value: unknown, from: string, to: string): unknown {
  if (typeof value !== 'string' || !/^(SOURCE|REASON)_/.test(value)) return value;
  return value.replace(new RegExp(`_${from}(?=_|$)`), `_${to}`);
}

function renamed(type: MessageType<unknown>, value: Json): Json {
  const json: Json = {};
  for (const [key, given] of Object.entries(value)) {
    const name = v1Names[key] ?? key;
    const field = type.byName.get(name);
    if (field !== undefined) json[name] = renamedField(field, given);
  }
  return json;
}

function renamedField(field: Field, value: unknown): unknown {
  if (Array.isArray(value)) return value.map(element => renamedValue(field, element));
  if (field.label !== 'map' || !isObject(value)) return renamedValue(field, value);
  return Object.fromEntries(Object.entries(value).map(([key, element]) => [key, renamedValue(field, element)]));
}

function renamedValue(field: Field, value: unknown): unknown {
  if (field.message) return isObject(value) ? renamed(field.message, value) : value;
  return field.kind === 'enum' ? enumName(value, 'SLAVE', 'AGENT') : value;
}
