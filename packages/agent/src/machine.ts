/** What the agent offers: its resources and attributes, as given or as found on the machine. */
import { statfs } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import type { AgentInfo, DomainInfo } from '@meseta/protocol';
import {
  agentResources,
  InvalidResourceError,
  parseAttributes,
  ResourceParseError,
  type Resources,
} from '@meseta/resources';
import type { AgentFlags } from './flags.ts';

/**
 * Returns the agent's resources: those of `--resources`, and the machine's own for each kind that the flag leaves out.
 *
 * @param gpus how many GPUs there are to offer.
 * @throws {ResourceParseError | InvalidResourceError}
 */
export async function machineResources(flags: AgentFlags, gpus = 0): Promise<Resources> {
  const { bsize, blocks } = await statfs(flags.work_dir);
  const machine = { cpus: cpus().length, memoryBytes: totalmem(), diskBytes: bsize * blocks, gpus };
  return ofFlag('resources', () => agentResources(flags.resources ?? '', flags.default_role, machine));
}

/** Adds the flag's name to an error about its value. */
function ofFlag<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof ResourceParseError || error instanceof InvalidResourceError) {
      error.message = `--${name}: ${error.message}`;
    }
    throw error;
  }
}

/** Returns AgentInfo without an id, which the master assigns. @throws {ResourceParseError} for bad attributes. */
export function agentInfo(flags: AgentFlags, resources: Resources, hostname: string, port: number): AgentInfo {
  const { attributes } = flags;
  return {
    hostname,
    port,
    checkpoint: true,
    resources: resources.toArray(),
    ...(attributes !== undefined && { attributes: ofFlag('attributes', () => parseAttributes(attributes)) }),
    ...(flags.domain === undefined ? {} : { domain: flags.domain as DomainInfo }),
  };
}

/** Returns AgentInfo as v1 shows it: without `checkpoint`, which only v0 has. */
export function evolvedInfo({ checkpoint: _, ...info }: AgentInfo): AgentInfo {
  return info;
}
