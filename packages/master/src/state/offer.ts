import type { AgentId, FrameworkId, OfferId } from '@meseta/protocol';
import type { Resources } from '@meseta/resources';

/** An outstanding offer: these resources of one agent are promised to one framework for one role. */
export interface Offer {
  readonly id: OfferId;
  readonly frameworkId: FrameworkId;
  readonly agentId: AgentId;
  readonly role: string;
  /** Allocated to `role`. */
  readonly resources: Resources;
  /** Milliseconds of the steady clock. */
  readonly madeAt: number;
  /** When `--offer_timeout` ends it, milliseconds of the steady clock. */
  readonly expiresAt?: number;
  /** Cancels the `--offer_timeout` timer. */
  cancelTimeout?: () => void;
}

/** An outstanding request to give resources of an agent back, because its machine has maintenance scheduled. */
export interface InverseOffer {
  readonly id: OfferId;
  readonly frameworkId: FrameworkId;
  readonly agentId: AgentId;
  readonly unavailability: { startNs: number; durationNs?: number };
  /** Cancels the `--offer_timeout` timer. */
  cancelTimeout?: () => void;
}
