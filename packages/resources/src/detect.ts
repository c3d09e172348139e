import type { Resource } from '@meseta/protocol';
import { checkCommandLineResources, parseResourceList } from './parse.ts';
import { Resources } from './resources.ts';

/** The resources of the machine; undefined when they are unknown. */
export interface MachineTotals {
  readonly cpus: number | undefined;
  readonly memoryBytes: number | undefined;
  /** The size of the file system with the agent's work directory. */
  readonly diskBytes: number | undefined;
  /** Default: none. */
  readonly gpus?: number;
}

const megabyte = 1024 * 1024;
const gigabyte = 1024 * megabyte;

/**
 * Returns the resources that an agent offers: those of `--resources`, and those of the machine that the flag does not
 * mention. `cpus:0` counts as mentioned.
 *
 * @param text the flag's value; empty when it was not given.
 * @throws {ResourceParseError}
 * @throws {InvalidResourceError}
 * @see Mesos src/slave/containerizer/containerizer.cpp, Containerizer::resources
 */
export function agentResources(text: string, defaultRole: string, machine: MachineTotals): Resources {
  const given = parseResourceList(text, defaultRole);
  checkCommandLineResources(given);
  const names = new Set(given.map(({ name }) => name));
  const detected = detect(machine).filter(({ name }) => !names.has(name));
  const reservations = defaultRole === '*' ? [] : [{ type: 'STATIC' as const, role: defaultRole }];
  const list = [...given, ...detected.map(resource => ({ ...resource, reservations }))];
  checkCommandLineResources(list);
  return Resources.of(list);
}

function detect({ cpus = 1, memoryBytes, diskBytes, gpus = 0 }: MachineTotals): Resource[] {
  return [
    scalar('cpus', cpus),
    scalar('mem', memoryBytes === undefined ? 1024 : leave(memoryBytes, 1 * gigabyte, 2 * gigabyte)),
    scalar('disk', diskBytes === undefined ? 10 * 1024 : leave(diskBytes, 5 * gigabyte, 10 * gigabyte)),
    { name: 'ports', type: 'RANGES', ranges: { range: [{ begin: 31000, end: 32000 }] } },
    ...(gpus > 0 ? [scalar('gpus', gpus)] : []),
  ];
}

const scalar = (name: string, value: number): Resource => ({ name, type: 'SCALAR', scalar: { value } });

/** Returns whole megabytes: all but a reserve when there is plenty, else half. */
function leave(bytes: number, reserve: number, plenty: number): number {
  return Math.floor((bytes >= plenty ? bytes - reserve : bytes / 2) / megabyte);
}
