import { DecodeError, fromJson, parseJson, Resource } from '@meseta/protocol';
import { own } from '@meseta/protocol/own';
import { upgrade } from './convert.ts';
import { InvalidResourceError, ResourceParseError } from './errors.ts';
import { Resources } from './resources.ts';
import { printWithAmount, resourceProblem } from './validate.ts';
import { parseValue } from './values.ts';

const knownTypes: Readonly<Record<string, Resource['type']>> = {
  ...{ cpus: 'SCALAR', gpus: 'SCALAR', mem: 'SCALAR', disk: 'SCALAR', ports: 'RANGES' },
};
const maximumPort = 65_535;

/**
 * Parses `cpus:8;mem(web):8192;ports:[31000-32000]` or a JSON array of resources. Empty resources are kept: `cpus:0`
 * means that there are none, and that the machine's are not used.
 *
 * @param defaultRole the role of resources that name none; with a role other than `*` they are statically reserved.
 * @returns resources in the post-reservation-refinement format, in the order of the text.
 * @throws {ResourceParseError} with Mesos's message.
 * @see Mesos src/common/resources.cpp, fromString
 */
export function parseResourceList(text: string, defaultRole = '*'): Resource[] {
  const array = jsonArray(text);
  return array ? fromJsonArray(array, defaultRole) : fromSimpleText(text, defaultRole);
}

/**
 * Refuses resources that are not allowed on a command line.
 *
 * @throws {InvalidResourceError}
 */
export function checkCommandLineResources(resources: readonly Resource[]): void {
  for (const resource of resources) {
    const problem = resourceProblem(resource) ?? knownProblem(resource);
    if (problem) throw new InvalidResourceError(`Resource '${printWithAmount(resource)}' is invalid: ${problem}`);
  }
  const types = new Map<string, string>();
  for (const resource of Resources.of(resources)) {
    const problem = commandLineProblem(resource, types);
    if (problem) throw new InvalidResourceError(problem);
  }
}

/** Checks the types of well-known resources, on which all frameworks rely. */
function knownProblem({ name, type, ranges }: Resource): string | undefined {
  const known = own(knownTypes, name);
  if (known && known !== type) return `${name} is ${known === 'SCALAR' ? 'a number' : 'a list of ranges'}`;
  const end = Math.max(0, ...(ranges?.range ?? []).map(range => range.end));
  return name === 'ports' && end > maximumPort ? `ports end at ${maximumPort}` : undefined;
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
  const first = text.trimStart()[0];
  if (first !== '[' && first !== '{') return undefined; // no simple form begins like this
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (cause) {
    throw new ResourceParseError(`Bad JSON for resources: ${(cause as Error).message}`, { cause });
  }
  if (!Array.isArray(value)) throw new ResourceParseError('Bad JSON for resources: expecting an array of resources');
  return value;
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
    .filter(token => token.trim() !== '')
    .map(token => {
      const [label = '', value = '', ...more] = token.split(':');
      if (label.trim() === '' || value.trim() === '' || more.length > 0) {
        throw new ResourceParseError(`Bad value for resources, missing or extra ':' in ${token}`);
      }
      const { name, role } = parseLabel(label, token, defaultRole);
      return parseResource(name, value, role);
    });
}

/** Parses `name` or `name(role)`. */
function parseLabel(label: string, token: string, defaultRole: string): { name: string; role: string } {
  const [, name, role] = /^([^()]*)(?:\(([^()]*)\))?\s*$/.exec(label) ?? [];
  if (name === undefined) throw new ResourceParseError(`Bad value for resources, mismatched parentheses in ${token}`);
  if (name.trim() === '') throw new ResourceParseError(`Bad value for resources, no name in ${token}`);
  if (/\s/.test(name.trim())) throw new ResourceParseError(`Bad value for resources, blanks in the name in ${token}`);
  return { name: name.trim(), role: role === undefined ? defaultRole : role.trim() };
}

/** Makes a resource from its parts; statically reserved unless the role is `*`. */
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
