import { DecodeError, fromJson, Resource } from '@meseta/protocol';
import { upgrade } from './convert.ts';
import { InvalidResourceError, ResourceParseError } from './errors.ts';
import { Resources } from './resources.ts';
import { resourceProblem } from './validate.ts';
import { parseValue } from './values.ts';

/**
 * Reads `cpus:8;mem(web):8192;ports:[31000-32000]` or a JSON array of resources. Empty ones are kept: `cpus:0` says
 * that there are none, and keeps the agent from looking.
 *
 * @param defaultRole of resources that name none; those not of `*` are reserved statically.
 * @returns in the post-reservation-refinement format, in the order of the text.
 * @throws {ResourceParseError} with Mesos's words.
 * @see Mesos src/common/resources.cpp, fromString
 */
export function parseResourceList(text: string, defaultRole = '*'): Resource[] {
  const array = jsonArray(text);
  return array ? fromJsonArray(array, defaultRole) : fromSimpleText(text, defaultRole);
}

/**
 * Reads the value of `--resources` and checks that it only has what may stand on a command line.
 *
 * @throws {ResourceParseError} when it cannot be read.
 * @throws {InvalidResourceError} when what it says cannot be.
 */
export function parseResources(text: string, defaultRole = '*'): Resources {
  const list = parseResourceList(text, defaultRole);
  checkCommandLineResources(list);
  return Resources.of(list);
}

/**
 * Refuses what may not stand on a command line.
 *
 * @throws {InvalidResourceError}
 */
export function checkCommandLineResources(resources: readonly Resource[]): void {
  for (const resource of resources) {
    const problem = resourceProblem(resource);
    if (problem) throw new InvalidResourceError(problem);
  }
  const types = new Map<string, string>();
  for (const resource of Resources.of(resources)) {
    const problem = commandLineProblem(resource, types);
    if (problem) throw new InvalidResourceError(problem);
  }
}

function commandLineProblem(resource: Resource, types: Map<string, string>): string | undefined {
  const { name, type, disk, revocable, reservations } = resource;
  if (disk?.persistence) return 'Persistent volumes cannot be specified at the command line';
  if (revocable) {
    return "Revocable resources cannot be specified at the command line; do not include a 'revocable' key in the resources JSON";
  }
  if (reservations?.at(-1)?.type === 'DYNAMIC') {
    return 'Dynamic reservations cannot be specified at the command line; do not include a reservation with DYNAMIC type in the resources JSON';
  }
  if ((types.get(name) ?? type) !== type) {
    return `Resources with the same name ('${name}') but different types are not allowed`;
  }
  types.set(name, type);
  return undefined;
}

function jsonArray(text: string): unknown[] | undefined {
  if (!text.trimStart().startsWith('[')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined; // Then it is the simple form, or nothing.
  }
}

function fromJsonArray(array: readonly unknown[], defaultRole: string): Resource[] {
  return array.map(item => {
    const resource = readJson(item);
    const named = resource.role !== undefined || (resource.reservations?.length ?? 0) > 0;
    return upgrade(named ? resource : { ...resource, role: defaultRole });
  });
}

function readJson(item: unknown): Resource {
  try {
    return fromJson(Resource, item);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new ResourceParseError(`Some JSON resources were not formatted properly: ${error.message}`, { cause: error });
  }
}

function fromSimpleText(text: string, defaultRole: string): Resource[] {
  return text
    .split(';')
    .filter(token => token !== '')
    .map(token => {
      const pair = token.split(':').filter(part => part !== '');
      const [label, value] = pair;
      if (label === undefined || value === undefined || pair.length !== 2) {
        throw new ResourceParseError(`Bad value for resources, missing or extra ':' in ${token}`);
      }
      const { name, role } = parseLabel(label, token, defaultRole);
      return parseResource(name, value, role);
    });
}

/** `name` or `name(role)`. */
function parseLabel(label: string, token: string, defaultRole: string): { name: string; role: string } {
  const open = label.indexOf('(');
  if (open < 0) return { name: label.trim(), role: defaultRole };
  const close = label.indexOf(')');
  if (close < open) throw new ResourceParseError(`Bad value for resources, mismatched parentheses in ${token}`);
  return { name: label.slice(0, open).trim(), role: label.slice(open + 1, close).trim() };
}

/** One resource from its parts; reserved statically unless the role is `*`. */
function parseResource(name: string, text: string, role: string): Resource {
  const { type, scalar, ranges, set } = readValue(name, text);
  if (type === 'TEXT') throw new ResourceParseError(`Bad type for resource ${name} value ${text} type TEXT`);
  const amount = scalar ? { scalar } : ranges ? { ranges } : { set };
  return { name, type, ...amount, ...(role !== '*' && { reservations: [{ type: 'STATIC' as const, role }] }) };
}

function readValue(name: string, text: string): ReturnType<typeof parseValue> {
  try {
    return parseValue(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new ResourceParseError(`Failed to parse resource ${name} value ${text} error ${message}`, { cause: error });
  }
}
