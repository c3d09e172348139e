import type { ReadonlyIdMap } from '@meseta/protocol';
import type { AgentState } from './agent-state.ts';
import type { FrameworkState } from './framework-state.ts';
import type { GateOptions } from './gates/index.ts';
import { Judge } from './judge.ts';
import type { QuotaLedger } from './quota.ts';
import { QuotaBudget } from './quota-budget.ts';
import type { Moment } from './refusal-clock.ts';
import type { RoleState } from './role-state.ts';
import type { Sorter } from './sorter/index.ts';

/** What the answers of explanations depend on: the state of an allocator. */
export interface Circumstances {
  readonly options: GateOptions;
  readonly frameworks: ReadonlyIdMap<'framework', FrameworkState>;
  readonly agents: ReadonlyIdMap<'agent', AgentState>;
  readonly quotas: QuotaLedger;
  readonly whitelist: ReadonlySet<string> | undefined;
  /** The order in which roles and their frameworks choose; undefined when each run draws another one. */
  readonly order: Sorter<RoleState> | undefined;
  moment(): Moment;
}

/** Returns a function that makes a judge with the quotas' state at the first call, and returns it from then on. */
export function judgeOf({ options, quotas, agents, moment }: Circumstances): () => Judge {
  let judge: Judge | undefined;
  return () => {
    judge ??= new Judge(options, moment(), new QuotaBudget(quotas, agents.values()));
    return judge;
  };
}
