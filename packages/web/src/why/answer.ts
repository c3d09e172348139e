/** What the master answers to `/allocation/explain` and `/allocation/offers`, as far as pages show it. */

import type { Shape } from '../requests/shape.ts';

/** Amounts by the name of a resource. */
export type Amounts = Readonly<Record<string, number>>;

/** The agents with the same reason. */
export interface ReasonGroup {
  readonly reason: string;
  readonly blocks: boolean;
  readonly text: string;
  readonly advice: string;
  readonly agents: number;
  readonly only: number;
  readonly causes: readonly { readonly text: string; readonly agents: number }[];
}

/** The agents of one role, by reason. */
export interface RoleExplanation {
  readonly role: string;
  readonly agents: number;
  readonly offerable: number;
  readonly groups: readonly ReasonGroup[];
}

/** An agent with all its reasons, in all roles. */
export interface ListedAgent {
  readonly agent_id: string;
  readonly hostname?: string;
  readonly region?: string;
  readonly reasons: readonly {
    readonly reason: string;
    readonly role: string;
    readonly blocks: boolean;
    readonly text: string;
  }[];
}

/** Where a framework can be offered a size, and why not elsewhere. */
export interface Explanation {
  readonly framework_id: string;
  readonly framework_name: string;
  readonly size: Amounts;
  readonly agents: number;
  readonly roles: readonly RoleExplanation[];
  readonly roles_left_out?: number;
  readonly list?: { readonly matched: number; readonly offset: number; readonly agents: readonly ListedAgent[] };
}

/** An offer that a framework has neither accepted nor declined. */
export interface HeldOffer {
  readonly id: string;
  readonly framework_id: string;
  readonly framework_name?: string;
  readonly agent_id: string;
  readonly hostname?: string;
  readonly role: string;
  readonly resources: Amounts;
  readonly held_seconds: number;
  readonly left_seconds?: number;
}

/** The offers that are held: the oldest ones, of `total`. */
export interface HeldOffers {
  readonly total: number;
  readonly offers: readonly HeldOffer[];
}

const amounts: Shape = { '*': 'number' };

/** The form of {@link HeldOffers}. */
export const offersShape: Shape = {
  total: 'number',
  offers: [
    {
      ...{ id: 'string', framework_id: 'string', agent_id: 'string', role: 'string' },
      ...{ resources: amounts, held_seconds: 'number', 'left_seconds?': 'number' },
    },
  ],
};

const group: Shape = {
  ...{ reason: 'string', blocks: 'boolean', text: 'string', advice: 'string', agents: 'number', only: 'number' },
  causes: [{ text: 'string', agents: 'number' }],
};

/** The form of an {@link Explanation}. */
export const explanationShape: Shape = {
  ...{ framework_id: 'string', framework_name: 'string', size: amounts, agents: 'number' },
  roles: [{ role: 'string', agents: 'number', offerable: 'number', groups: [group] }],
  'list?': {
    ...{ matched: 'number', offset: 'number' },
    agents: [
      { agent_id: 'string', reasons: [{ reason: 'string', role: 'string', blocks: 'boolean', text: 'string' }] },
    ],
  },
};
