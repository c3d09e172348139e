import type { CallTable, CommonCallContext, OperatorCall } from '@meseta/daemon';
import type { MasterCall, MasterResponse } from '@meseta/protocol';
import type { MasterContext } from '../../context.ts';
import type { Subscribers } from './subscribers.ts';

/** What the operator calls of the master work with. */
export interface OperatorContext extends CommonCallContext {
  readonly master: MasterContext;
  readonly subscribers: Subscribers;
}

/** One call of the master's operator API. */
export type MasterOperatorCall = OperatorCall<OperatorContext, MasterCall, MasterResponse>;

/** All of them by type. */
export type MasterCallTable = CallTable<OperatorContext, MasterCall, MasterResponse>;
