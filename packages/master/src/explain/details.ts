/** Reasons in JSON, as far as the one who asks may see what they name. */
import type { Filters } from '@meseta/daemon';
import type { Amounts, Quantities } from '@meseta/resources';
import type { AllocatorReason, EarlierChooser } from '../allocator/index.ts';
import type { MasterContext } from '../context.ts';
import type { Agent } from '../state/agent.ts';
import { amounts } from '../views/values.ts';
import type { ExplainedAgent } from './agent-reasons.ts';
import type { Reason, ReasonName } from './reason.ts';

/** What an explanation may show. */
export type ExplanationFilters = Filters<'VIEW_FRAMEWORK' | 'VIEW_ROLE' | 'GET_MAINTENANCE_SCHEDULE'>;

/** A framework that holds something of an agent, or chooses before. Without an id: one that may not be seen. */
interface FrameworkDetails {
  readonly framework_id?: string;
  readonly framework_name?: string;
}

interface HeldDetails extends FrameworkDetails {
  readonly resources: Amounts;
  readonly offers: readonly {
    readonly id: string;
    readonly resources: Amounts;
    /** How long the framework has had it. */
    readonly held_seconds: number;
    /** The time until `--offer_timeout` ends it; absent without that flag. */
    readonly left_seconds?: number;
  }[];
}

interface EarlierDetails extends FrameworkDetails {
  readonly role?: string;
  /** Its role has less than is guaranteed to it. */
  readonly guaranteed: boolean;
  readonly role_share: number;
  readonly share: number;
}

/** The numbers and ids that belong to a reason. */
export interface ReasonDetails {
  readonly reason: ReasonName;
  readonly missing?: Amounts;
  readonly roles?: readonly string[];
  readonly failed?: readonly (readonly string[])[];
  readonly region?: string;
  readonly master_region?: string;
  readonly reserved?: readonly { readonly role?: string; readonly resources: Amounts }[];
  readonly withheld?: Amounts;
  readonly held?: readonly HeldDetails[];
  readonly total?: Amounts;
  readonly shortfalls?: readonly { readonly minimum: Amounts; readonly missing: Amounts }[];
  readonly role?: string;
  readonly limits?: Amounts;
  readonly consumed?: Amounts;
  readonly guaranteed?: readonly { readonly role?: string; readonly resources: Amounts }[];
  readonly left_seconds?: number;
  readonly before?: readonly EarlierDetails[];
  readonly share?: number;
  readonly role_share?: number;
  readonly agents?: number;
  readonly expected_agents?: number;
  readonly module?: string;
  readonly problem?: string;
  /** Seconds since the epoch. */
  readonly start?: number;
  readonly duration_seconds?: number;
  readonly answer?: string;
  readonly asked_again_in_seconds?: number;
}

/** Makes the details of reasons. */
export class Details {
  readonly #context: MasterContext;
  readonly #see: ExplanationFilters;

  constructor(context: MasterContext, see: ExplanationFilters) {
    this.#context = context;
    this.#see = see;
  }

  /** Returns the details of a reason; undefined when it may not be seen at all. */
  of(reason: Reason, { agent }: Pick<ExplainedAgent, 'agent'>): ReasonDetails | undefined {
    const { reason: name } = reason;
    switch (reason.reason) {
      case 'NOT_SUBSCRIBED':
        return { reason: name, roles: reason.roles.filter(role => this.#seesRole(role)) };
      case 'OFFER_CONSTRAINTS':
        return { reason: name, failed: reason.failed };
      case 'NOT_REGION_AWARE':
        return { reason: name, region: reason.region, master_region: reason.masterRegion };
      case 'FILTERED':
        return { reason: name, left_seconds: secondsIn(reason.leftMs) };
      case 'LOWER_SHARE': {
        const before = reason.before.map(each => this.#earlier(each));
        return { reason: name, before, share: reason.share, role_share: reason.roleShare };
      }
      case 'RECOVERY_PAUSE': {
        const { agents, expectedAgents, leftMs } = reason;
        return { reason: name, agents, expected_agents: expectedAgents, left_seconds: secondsIn(leftMs) };
      }
      case 'ALLOCATOR_MODULE':
        return {
          reason: name,
          module: reason.module,
          ...(reason.problem !== undefined && { problem: reason.problem }),
        };
      case 'MAINTENANCE':
        return this.#maintenance(reason, agent);
      default:
        return 'missing' in reason ? this.#shortage(reason, agent) : { reason: name };
    }
  }

  #shortage(
    reason: Extract<AllocatorReason, { readonly missing: Quantities }>,
    agent: Agent | undefined,
  ): ReasonDetails {
    const about = { reason: reason.reason, missing: amounts(reason.missing) };
    switch (reason.reason) {
      case 'RESERVED':
        return { ...about, reserved: this.#byRole(reason.by) };
      case 'HELD':
        return { ...about, held: agent ? [...reason.held].map(each => this.#held(agent, ...each)) : [] };
      case 'AGENT_TOO_SMALL':
        return { ...about, total: amounts(reason.total) };
      case 'TOO_SMALL': {
        const shortfalls = reason.shortfalls.map(({ minimum, missing }) => ({
          ...{ minimum: amounts(minimum), missing: amounts(missing) },
        }));
        return { ...about, shortfalls };
      }
      case 'QUOTA_LIMIT': {
        const { role, limits, consumed } = reason;
        return this.#seesRole(role) ? { ...about, role, limits: amounts(limits), consumed: amounts(consumed) } : about;
      }
      case 'QUOTA_HEADROOM':
        return { ...about, guaranteed: this.#byRole(reason.guaranteed) };
      default:
        return { ...about, withheld: amounts(reason.withheld) };
    }
  }

  #maintenance(
    reason: Extract<Reason, { reason: 'MAINTENANCE' }>,
    agent: Agent | undefined,
  ): ReasonDetails | undefined {
    const hostname = agent?.info.hostname;
    if (this.#see.GET_MAINTENANCE_SCHEDULE?.({ machine_id: hostname === undefined ? {} : { hostname } }) === false)
      return undefined;
    const { startMs, durationMs, answer, askedAgainInMs } = reason;
    return {
      reason: reason.reason,
      start: startMs / 1000,
      ...(durationMs !== undefined && { duration_seconds: durationMs / 1000 }),
      ...(answer !== undefined && { answer }),
      ...(askedAgainInMs !== undefined && { asked_again_in_seconds: secondsIn(askedAgainInMs) }),
    };
  }

  #held(agent: Agent, frameworkId: string, quantities: Quantities): HeldDetails {
    const who = this.#framework(frameworkId);
    const now = this.#context.clock.steady();
    const all = who.framework_id === undefined ? [] : [...agent.offers.values()];
    const offers = all
      .filter(offer => offer.frameworkId === frameworkId)
      .map(({ id, resources, madeAt, expiresAt }) => ({
        ...{ id, resources: amounts(resources.quantities()), held_seconds: secondsIn(now - madeAt) },
        ...(expiresAt !== undefined && { left_seconds: secondsIn(expiresAt - now) }),
      }));
    return { ...who, resources: amounts(quantities), offers };
  }

  #earlier({ frameworkId, role, guaranteed, roleShare, share }: EarlierChooser): EarlierDetails {
    const named = this.#seesRole(role) && { role };
    return { ...this.#framework(frameworkId), ...named, guaranteed, role_share: roleShare, share };
  }

  #framework(frameworkId: string): FrameworkDetails {
    const info = this.#context.cluster.frameworks.get(frameworkId)?.info;
    const isSeen =
      this.#see.VIEW_FRAMEWORK === undefined || (info && this.#see.VIEW_FRAMEWORK({ framework_info: info }));
    return isSeen ? { framework_id: frameworkId, ...(info && { framework_name: info.name }) } : {};
  }

  #byRole(quantities: ReadonlyMap<string, Quantities>) {
    return [...quantities].map(([role, each]) => ({ ...(this.#seesRole(role) && { role }), resources: amounts(each) }));
  }

  #seesRole(value: string): boolean {
    return this.#see.VIEW_ROLE?.({ value }) !== false;
  }
}

/** Returns whole seconds, rounded up. */
export const secondsIn = (ms: number) => Math.max(0, Math.ceil(ms / 1000));
