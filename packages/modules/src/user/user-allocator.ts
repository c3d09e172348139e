/** Makes a module of a user the allocator of a master: it is asked in its thread, and its answers are checked. */
import { AgentInfo, fromJson, type Resource } from '@meseta/protocol';
import { resourcesProblem } from '@meseta/resources';
import { ModuleError } from '../errors.ts';
import type { AllocationChoice, AllocationRequest } from './module-allocator.ts';
import type { ModuleHost } from './module-host.ts';

/** An answer with more choices than this is cut off: each of them takes the master some microseconds. */
const mostChoices = 20_000;
/** How much of a value is in a sentence about it. */
const mostCharacters = 100;

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
      if (!Array.isArray(answer)) throw new TypeError(`allocate() must return an array, not ${excerpt(answer)}`);
      return readAnswer(answer);
    },
  };
}

function readAnswer(answer: readonly unknown[]): AllocationAnswer {
  const choices: AllocationChoice[] = [];
  const problems: string[] = [];
  for (const [index, value] of answer.slice(0, mostChoices).entries()) {
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

/** @throws {Error} that says what is wrong. */
function readChoice(value: unknown): AllocationChoice {
  const { agentId, frameworkId, role, resources } = (value ?? {}) as Record<string, unknown>;
  if (typeof agentId !== 'string' || typeof frameworkId !== 'string' || typeof role !== 'string') {
    throw new Error(`expecting the texts agentId, frameworkId and role, not ${excerpt(value)}`);
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

function excerpt(value: unknown): string {
  const text = JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? String(each) : each)) ?? String(value);
  return text.length > mostCharacters ? `${text.slice(0, mostCharacters)}…` : text;
}
