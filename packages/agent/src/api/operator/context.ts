import type { CommonCallContext } from '@meseta/daemon';
import type { ViewContext } from '../../views/context.ts';
import type { InputRecords } from './input-records.ts';

/** What the calls work with. */
export interface OperatorContext extends ViewContext, CommonCallContext {
  /** The records that follow the call, of a call that is a stream. */
  readonly input?: InputRecords | undefined;
}
