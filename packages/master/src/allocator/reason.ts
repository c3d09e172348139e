import type { Quantities } from '@meseta/resources';
import type { GateReason, Shortfall, StateReason } from './refusal.ts';
import type { WithheldReason } from './withheld.ts';

/** Why a framework is not offered an agent whatever others do. Quantities are in thousandths. */
export type BlockingReason =
  | { readonly reason: StateReason | Exclude<GateReason, 'OFFER_CONSTRAINTS' | 'NOT_REGION_AWARE'> }
  /** The framework is not in the role. `roles` are the roles it is in. */
  | { readonly reason: 'NOT_SUBSCRIBED'; readonly roles: readonly string[] }
  /** In words, what the framework demands of agents and this one is not: one list for each alternative. */
  | { readonly reason: 'OFFER_CONSTRAINTS'; readonly failed: readonly (readonly string[])[] }
  /** The agent is in the one region, the master in the other. */
  | { readonly reason: 'NOT_REGION_AWARE'; readonly region: string; readonly masterRegion: string }
  /** Too little is free, and this is reserved: by role. */
  | { readonly reason: 'RESERVED'; readonly by: ReadonlyMap<string, Quantities>; readonly missing: Quantities }
  /** Too little is free of what the framework can deal with. */
  | {
      readonly reason: Exclude<WithheldReason, 'RESERVED'>;
      readonly withheld: Quantities;
      readonly missing: Quantities;
    }
  /** Too little is free, and frameworks hold this of what the framework could be given: by framework id. */
  | { readonly reason: 'HELD'; readonly held: ReadonlyMap<string, Quantities>; readonly missing: Quantities }
  /** The agent has too little, if all of it were free. */
  | { readonly reason: 'AGENT_TOO_SMALL'; readonly total: Quantities; readonly missing: Quantities }
  /** What is free contains none of the alternatives of which an offer must contain one. */
  | { readonly reason: 'TOO_SMALL'; readonly shortfalls: readonly Shortfall[]; readonly missing: Quantities }
  /** The limit of the top-level role leaves too little. */
  | {
      readonly reason: 'QUOTA_LIMIT';
      readonly role: string;
      readonly limits: Quantities;
      readonly consumed: Quantities;
      readonly missing: Quantities;
    }
  /** What is guaranteed to other roles, and not consumed by them, is kept free in the cluster: by top-level role. */
  | {
      readonly reason: 'QUOTA_HEADROOM';
      readonly guaranteed: ReadonlyMap<string, Quantities>;
      readonly missing: Quantities;
    }
  /** The framework declined the same or more. Its filter ends after this time, at the next allocation. */
  | { readonly reason: 'FILTERED'; readonly leftMs: number };

/** A framework that chooses before another one, in a role. */
export interface EarlierChooser {
  readonly frameworkId: string;
  readonly role: string;
  /** Its role has less than it is guaranteed. */
  readonly guaranteed: boolean;
  /** The dominant shares of its role and of the framework in it, by weight. */
  readonly roleShare: number;
  readonly share: number;
}

/** Others choose first among those who may have the agent. The framework gets what they leave. */
export interface LowerShare {
  readonly reason: 'LOWER_SHARE';
  /** Some of them, the first one first. */
  readonly before: readonly EarlierChooser[];
  readonly roleShare: number;
  readonly share: number;
}

/** Why the allocator does not offer an agent to a framework, or not before others. */
export type AllocatorReason = BlockingReason | LowerShare;
