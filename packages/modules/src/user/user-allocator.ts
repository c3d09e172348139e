/** Makes a module of a user the allocator of a master: it is asked in its thread, and its answers are checked. */
import { AgentInfo, fromJson, type Resource } from '@meseta/protocol';
import { resourcesProblem } from '@meseta/resources';
import { Slice } from '@meseta/system';
import { ModuleError } from '../errors.ts';
import type { AllocationChoice, AllocationRequest } from './module-allocator.ts';
import type { ModuleHost } from './module-host.ts';
import { shown } from './shown.ts';

/** An answer with more choices than this is cut off: each of them takes the master some microseconds. */
const mostChoices = 20_000;
/** How many resources all choices of an answer may name together. */
const mostResources = 50_000;

/** What a module answered: the choices that can be read, and what is wrong with the others. */
export interface AllocationAnswer {
  readonly choices: readonly AllocationChoice[];
  readonly problems: readonly string[];
}

/** The allocator module of a master. */
export interface AllocatorModule {
  readonly name: string;
  /**
   * Asks the module.
   *
   * @throws {ModuleCallError} when it throws, takes too long or ends.
   * @throws {TypeError} when its answer is not a list.
   */
  allocate(request: AllocationRequest): Promise<AllocationAnswer>;
}

/**
 * Makes an allocator of a module.
 *
 * @throws {ModuleError} when the module cannot be asked.
 */
export function userAllocator(host: ModuleHost): AllocatorModule {
  if (!host.has('allocate')) {
    throw new ModuleError('MODULE_FAILED', `Allocator module '${host.name}' has no method 'allocate'`);
  }
  return {
    name: host.name,
    async allocate(request) {
      const answer = await host.call('allocate', [request]);
      if (!Array.isArray(answer)) throw new TypeError(`allocate() must return an array, not ${shown(answer)}`);
      return readAnswer(answer);
    },
  };
}

async function readAnswer(answer: readonly unknown[]): Promise<AllocationAnswer> {
  const choices: AllocationChoice[] = [];
  const problems: string[] = [];
  const slice = new Slice();
  let resources = 0;
  for (const [index, value] of answer.slice(0, mostChoices).entries()) {
    const pause = slice.giveWay();
    if (pause) await pause;
    resources += lengthOfResources(value);
    if (resources > mostResources) {
      problems.push(
        `more than ${mostResources} resources are too many: the choices from ${index} on are not performed`,
      );
      break;
    }
    try {
      choices.push(readChoice(value));
    } catch (error) {
      problems.push(`choice ${index}: ${(error as Error).message}`);
    }
  }
  if (answer.length > mostChoices) {
    problems.push(`${answer.length} choices are too many: those after ${mostChoices} are not performed`);
  }
  return { choices, problems };
}

function lengthOfResources(value: unknown): number {
  const { resources } = (value ?? {}) as { readonly resources?: unknown };
  return Array.isArray(resources) ? resources.length : 0;
}

/** @throws {Error} that says what is wrong. */
function readChoice(value: unknown): AllocationChoice {
  const { agentId, frameworkId, role, resources } = (value ?? {}) as Record<string, unknown>;
  if (typeof agentId !== 'string' || typeof frameworkId !== 'string' || typeof role !== 'string') {
    throw new Error(`expecting the texts agentId, frameworkId and role, not ${shown(value)}`);
  }
  const choice = { agentId, frameworkId, role };
  return resources === undefined ? choice : { ...choice, resources: readResources(resources) };
}

function readResources(value: unknown): readonly Resource[] {
  const { resources = [] } = fromJson(AgentInfo, { hostname: '', resources: value });
  const problem = resourcesProblem(resources);
  if (problem !== undefined) throw new Error(problem);
  return resources;
}
