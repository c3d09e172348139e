/**
 * What the cgroup isolators have in common with each other: what a controller does for a container, and how its files are
 * read and written.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  ContainerConfig,
  ContainerLimitation,
  ContainerStatus,
  Resource,
  ResourceStatistics,
  ValueScalar,
} from '@meseta/protocol';
import type { ContainerKey } from '../../../container-id.ts';
import { LaunchError } from '../../../errors.ts';
import type { ResourceLimits } from '../../../resource-limits.ts';
import type { Cgroups } from '../../cgroups/cgroups.ts';
import type { Hierarchy } from '../../cgroups/hierarchies.ts';
import type { LaunchPart, PlannedCgroup } from '../../launch-plan.ts';
import type { IsolatorParts } from '../isolator-parts.ts';

/** Files of a cgroup and what is written to them, in order. */
export type Settings = PlannedCgroup['settings'];

/** What a container asks for. */
export interface Request {
  readonly resources: readonly Resource[];
  /** By name: what it may use beyond its resources. */
  readonly limits: ResourceLimits;
}

/** The cgroup of a container in the hierarchy of a controller. */
export interface Group {
  readonly key: ContainerKey;
  readonly path: string;
}

/** What one controller of the kernel, in the version that the machine has, does for containers. All but the hierarchy is optional. */
export interface Controller {
  readonly hierarchy: Hierarchy;
  /**
   * Returns what is written to the files of a new group, before a process is in it.
   *
   * @throws {LaunchError} the container asks for what it cannot have.
   */
  settings?(request: Request, group: Group): Settings | Promise<Settings>;
  /** Returns what else the launch needs. */
  launchPart?(request: Request, config: ContainerConfig): LaunchPart;
  /** Learns that the group exists; the program does not run yet. */
  begin?(group: Group): void;
  /** Learns of a group that an earlier agent made. */
  recover?(group: Group): Promise<void>;
  /** Changes the group of a running container. It keeps what it has of resources that are not said. */
  update?(request: Request, group: Group): Promise<void>;
  usage?(group: Group): Promise<Partial<ResourceStatistics>>;
  status?(group: Group): Partial<ContainerStatus> | undefined;
  /** Tells whether the container has reached a limit for which it ends. The group may not exist. */
  limitation?(group: Group): Promise<ContainerLimitation | undefined>;
  /** Forgets a container. */
  forget?(group: Group): void;
  close?(): void | Promise<void>;
}

/** What controllers need of the agent. */
export type ControllerParts = IsolatorParts & { readonly cgroups: Cgroups };

/**
 * Makes the controllers of one isolator: one, or two where the kernel has them apart.
 *
 * @throws {CgroupError} the machine lacks one, or a flag asks for what it cannot do.
 */
export type MakeControllers = (parts: ControllerParts) => readonly Controller[] | Promise<readonly Controller[]>;

/** Reads what a container asks for from its configuration. */
export function requestOf({ resources = [], limits = {} }: ContainerConfig): Request {
  const values = Object.entries<ValueScalar>(limits).map(([name, { value }]) => [name, value] as const);
  return { resources, limits: Object.fromEntries(values) };
}

/**
 * Returns how much of a scalar resource a container has, in the resource's unit.
 *
 * @throws {LaunchError} none: Mesos does not launch such containers either.
 */
export function scalar({ resources }: Request, name: string): number {
  const values = resources.filter(resource => resource.name === name).map(resource => resource.scalar?.value ?? 0);
  if (values.length === 0) throw new LaunchError('INVALID', `No resource '${name}' given, which its isolator needs`);
  return Math.round(values.reduce((sum, value) => sum + value, 0) * 1000) / 1000;
}

/** Tells whether a container has some of a resource. An executor without tasks may have none. */
export function has({ resources }: Request, wanted: string): boolean {
  return resources.some(({ name }) => name === wanted);
}

/** Writes to the files of a group. */
export async function write({ path }: Group, settings: Settings): Promise<void> {
  for (const [file, value] of settings) {
    await writeFile(join(path, file), value).catch(cause => {
      throw new Error(`Failed to write '${value}' to '${join(path, file)}': ${cause.message}`, { cause });
    });
  }
}

/** Reads a file of a group. */
export function read({ path }: Group, file: string): Promise<string> {
  return readFile(join(path, file), 'utf8');
}

/** Reads a file that holds one number. `max` is Infinity. */
export async function readNumber(group: Group, file: string): Promise<number> {
  const text = (await read(group, file)).trim();
  return text === 'max' ? Number.POSITIVE_INFINITY : Number(text);
}

/** Reads a file of one number that not every kernel has; undefined when this one has not. */
export function readOptional(group: Group, file: string): Promise<number | undefined> {
  return readNumber(group, file).catch(unless('ENOENT', 'EOPNOTSUPP'));
}

/** Reads a file of lines with a name and a number. */
export async function readStat(group: Group, file: string): Promise<Readonly<Record<string, number | undefined>>> {
  return parseStat(await read(group, file));
}

/** Parses lines with a name and a number. */
export function parseStat(text: string): Readonly<Record<string, number | undefined>> {
  const lines = text.split('\n').filter(Boolean);
  return Object.fromEntries(
    lines.map(line => {
      const [name = '', value] = line.split(/\s+/);
      return [name, Number(value)];
    }),
  );
}

/** Makes a handler of errors with certain codes, for which there is no value. */
export function unless(...codes: readonly string[]): (error: NodeJS.ErrnoException) => undefined {
  return error => {
    if (!codes.includes(error.code ?? '')) throw error;
  };
}
