/** Lets an allocator module decide: asks it, checks what it chose, and says in the log what is wrong with that. */
import type { AllocationChoice, AllocationRequest, AllocatorModule } from '@meseta/modules';
import { Resources } from '@meseta/resources';
import { Slice } from '@meseta/system';
import type { Logger } from '@meseta/telemetry';
import type { Allocation, Allocator } from './allocator.ts';
import type { ModuleChoice } from './ask-module.ts';
import type { Refusal } from './refusal.ts';

/** How often problems are logged, in milliseconds: a module that makes mistakes does so with every answer. */
const logIntervalMs = 10_000;
/** How many mistakes of one answer are named. */
const mostNamed = 3;

interface Parts {
  readonly log: Logger;
  readonly clock: { steady(): number };
}

/**
 * Asks an allocator module and performs what it chooses. Whatever the module does, only resources that are free are
 * granted, and only to frameworks that may have them: its choices pass the same gates, filters and quotas as those of the
 * built-in allocator. While it does not answer, or answers nonsense, nothing is offered.
 */
export class ModuleChooser {
  readonly #module: AllocatorModule;
  readonly #allocator: Allocator;
  readonly #log: Logger;
  readonly #now: () => number;
  #problem: string | undefined;
  /** Whether the last line in the log is about a problem. */
  #isLogged = false;
  #loggedAt = Number.NEGATIVE_INFINITY;

  constructor(module: AllocatorModule, allocator: Allocator, { log, clock }: Parts) {
    this.#module = module;
    this.#allocator = allocator;
    this.#log = log.child({ component: 'allocator', module: module.name });
    this.#now = () => clock.steady();
  }

  /** Returns why a framework that may have an agent does not have it. */
  get refusal(): Extract<Refusal, { readonly reason: 'ALLOCATOR_MODULE' }> {
    const problem = this.#problem;
    return { reason: 'ALLOCATOR_MODULE', module: this.#module.name, ...(problem !== undefined && { problem }) };
  }

  /**
   * Decides about some agents. The promise does not reject.
   *
   * @returns a function that performs what was chosen. Resources, frameworks and agents that are gone by then are passed over.
   */
  async decide(agentIds: readonly string[]): Promise<() => Allocation> {
    const choices = await this.#ask(agentIds);
    return () => this.#allocator.allocateChosen(agentIds, choices);
  }

  async #ask(agentIds: readonly string[]): Promise<readonly ModuleChoice[]> {
    const question = this.#allocator.questionAbout(agentIds);
    if (!question) return [];
    try {
      const { choices, problems } = await this.#module.allocate(question);
      const [checked, mistakes] = await check(choices, question);
      this.#note([...problems, ...mistakes]);
      return checked;
    } catch (error) {
      this.#note([(error as Error).message]);
      return [];
    }
  }

  /** Keeps problems for `/unoffered`, and logs them, and their end, from time to time. */
  #note(problems: readonly string[]): void {
    const more = problems.length - mostNamed;
    const named = problems.slice(0, mostNamed).join('; ') + (more > 0 ? `; ${more} more` : '');
    this.#problem = problems.length === 0 ? undefined : named;
    const isNews = this.#problem !== undefined || this.#isLogged;
    if (!isNews || this.#now() - this.#loggedAt < logIntervalMs) return;
    if (this.#problem === undefined) this.#log.info('The allocator module answers as it should again');
    else this.#log.warning("The allocator module's answer cannot be used, or only a part of it", { problem: named });
    this.#isLogged = this.#problem !== undefined;
    this.#loggedAt = this.#now();
  }
}

/** Finds the choices that ask for something the question did not offer: these are mistakes of the module. */
async function check(
  choices: readonly AllocationChoice[],
  { agents, frameworks }: AllocationRequest,
): Promise<[checked: ModuleChoice[], mistakes: string[]]> {
  const free = new Map(agents.map(agent => [agent.id, Resources.of(agent.free)]));
  const roles = new Map(frameworks.map(framework => [framework.id, new Set(framework.roles)]));
  const checked: ModuleChoice[] = [];
  const mistakes: string[] = [];
  const slice = new Slice();
  for (const { agentId, frameworkId, role, resources } of choices) {
    const pause = slice.giveWay();
    if (pause) await pause;
    const chosen = resources && Resources.of(resources).unallocate();
    const mistake = mistakeIn(free.get(agentId), roles.get(frameworkId), role, chosen);
    if (mistake === undefined) checked.push({ agentId, frameworkId, role, ...(chosen && { resources: chosen }) });
    else mistakes.push(`agent '${cut(agentId)}' for framework '${cut(frameworkId)}': ${mistake}`);
  }
  return [checked, mistakes];
}

function mistakeIn(
  free: Resources | undefined,
  roles: ReadonlySet<string> | undefined,
  role: string,
  chosen: Resources | undefined,
): string | undefined {
  if (!free) return 'the agent was not asked about';
  if (!roles) return 'the framework wants no offers, or does not exist';
  if (!roles.has(role)) return `the framework wants no offers for the role '${cut(role)}'`;
  if (!chosen) return undefined;
  if (!free.contains(chosen)) return `${cut(String(chosen))} is not free, but ${cut(String(free))}`;
  const allocatable = chosen.allocatableTo(role);
  if (!allocatable.equals(chosen))
    return `${cut(String(chosen.subtract(allocatable)))} is reserved for others than '${cut(role)}'`;
  return undefined;
}

function cut(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
