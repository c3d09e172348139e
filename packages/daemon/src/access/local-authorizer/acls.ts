/** Reads `--acls`: pure, with errors that name the rule. */
import { closest, type UnknownName, unknownName } from '@meseta/flags';
import { excerpt } from '@meseta/protocol';
import {
  type AclField,
  type AclName,
  aclFields,
  authorizablePaths,
  formerAclNames,
  oldAclNames,
} from './acl-fields.ts';

type Json = Readonly<Record<string, unknown>>;
type Warn = UnknownName['warn'];

/** Whom or what a rule is about: everything, nothing, or these. */
export type Entity = 'ANY' | 'NONE' | ReadonlySet<string>;

/** One rule: whether these principals may do it to these objects. The first rule that matches both decides. */
export interface Rule {
  readonly principals: Entity;
  readonly objects: Entity;
}

/** The rules of `--acls`. */
export interface Acls {
  /** The answer when no rule matches. */
  readonly permissive: boolean;
  readonly rules: Partial<Readonly<Record<AclName, readonly Rule[]>>>;
  /** As given, for `/flags`. */
  readonly source: Readonly<Record<string, unknown>>;
}

/** `--acls` is not valid. The message says where, and what is allowed there. */
export class AclsError extends Error {
  override readonly name = 'AclsError';
  readonly code = 'ACLS_INVALID';
}

const names = Object.keys(aclFields) as AclName[];

/**
 * Reads access control lists from JSON.
 *
 * Unknown fields are ignored with a warning, as in Mesos; a field that resembles a known one, and a slip of the keyboard
 * within a rule, is refused, since what is ignored leaves something open.
 *
 * @param warn receives warnings for the operator.
 * @throws {AclsError}
 * @see Mesos src/authorizer/local/authorizer.cpp, LocalAuthorizer::validate
 */
export function parseAcls(source: Json, warn: Warn = () => {}): Acls {
  const rules: Partial<Record<AclName, readonly Rule[]>> = {};
  for (const [given, value] of Object.entries(source)) {
    if (given === 'permissive') continue;
    const name = knownName(given, source, warn);
    if (name !== undefined) rules[name] = rulesOf(value, given, aclFields[name], warn);
  }
  const { permissive = true } = source;
  if (typeof permissive !== 'boolean') throw wrong('permissive', permissive, 'true or false');
  return { permissive, rules, source };
}

function knownName(given: string, source: Json, warn: Warn): AclName | undefined {
  if (Object.hasOwn(aclFields, given)) return given as AclName;
  if (Object.hasOwn(oldAclNames, given)) {
    const name = oldAclNames[given] as AclName;
    if (source[name] !== undefined) {
      throw new AclsError(`'${given}' is the old name of '${name}'; only one of them may be there`);
    }
    warn(`'${given}' is the old name of '${name}'`);
    return name;
  }
  if (Object.hasOwn(formerAclNames, given)) {
    warn(`'${given}' decides nothing any more, in Mesos either: use '${formerAclNames[given]}'`);
    return undefined;
  }
  judge(given, { known: [...names, 'permissive'], warn, meantBy: closest });
  return undefined;
}

/** Refuses a name that is probably a known one, or lets it be with a warning. */
function judge(name: string, how: UnknownName): void {
  const problem = unknownName(name, how);
  if (problem !== undefined) throw new AclsError(`${problem} and leave something open`);
}

function checkKeys(value: Json, known: readonly string[], where: string, warn: Warn): void {
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) judge(key, { place: `${where}.${key}`, known, warn });
  }
}

function rulesOf(value: unknown, name: string, field: AclField, warn: Warn): readonly Rule[] {
  if (!Array.isArray(value)) throw wrong(name, value, 'a list of rules');
  return value.map((rule: unknown, index) => {
    const where = `${name}[${index}]`;
    if (!isObject(rule)) throw wrong(where, rule, `{"principals": …, "${field.objects}": …}`);
    const principals = entityOf(rule, 'principals', where, field, warn);
    const objects = entityOf(rule, field.objects, where, field, warn);
    checkKeys(rule, ['principals', field.objects], where, warn);
    if (field.kind === 'whole' && typeof objects === 'object') {
      throw wrong(`${where}.${field.objects}`, rule[field.objects], '{"type": "ANY"} or {"type": "NONE"}');
    }
    if (field.kind === 'paths') checkPaths(objects, `${where}.${field.objects}.values`);
    return { principals, objects };
  });
}

function entityOf(rule: Json, key: string, where: string, field: AclField, warn: Warn): Entity {
  const path = `${where}.${key}`;
  const entity = rule[key];
  if (entity === undefined) {
    const other = Object.keys(rule).filter(each => each !== 'principals' && each !== field.objects);
    const found = other.length === 0 ? '' : `; it has '${excerpt(other.join("', '"), 200)}'`;
    throw new AclsError(`'${path}' is missing${found}. A rule needs 'principals' and '${field.objects}'`);
  }
  if (!isObject(entity)) throw wrong(path, entity, 'an object such as {"type": "ANY"} or {"values": ["name"]}');
  checkKeys(entity, ['type', 'values'], path, warn);
  const { type = 'SOME', values = [] } = entity;
  if (type !== 'SOME' && type !== 'ANY' && type !== 'NONE') throw wrong(`${path}.type`, type, 'SOME, ANY, NONE');
  if (!Array.isArray(values)) throw wrong(`${path}.values`, values, 'a list of texts');
  const bad = values.findIndex(each => typeof each !== 'string');
  if (bad >= 0) throw wrong(`${path}.values[${bad}]`, values[bad], 'a text');
  // The values of ANY and NONE count for nothing, as in Mesos.
  return type === 'SOME' ? new Set(values as string[]) : type;
}

function checkPaths(paths: Entity, where: string): void {
  if (typeof paths === 'string') return;
  for (const path of paths) {
    if (authorizablePaths.includes(path)) continue;
    throw new AclsError(
      `Path: '${excerpt(path, 100)}' is not an authorizable path, in '${where}'; allowed: ${authorizablePaths.join(', ')}`,
    );
  }
}

function wrong(where: string, value: unknown, allowed: string): AclsError {
  return new AclsError(`'${where}' is ${excerpt(JSON.stringify(value), 100)}; allowed: ${allowed}`);
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
