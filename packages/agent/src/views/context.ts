import type { Files } from '@meseta/daemon';
import type { AgentContext } from '../context.ts';

/** What views, endpoints and the operator API are made from. */
export interface ViewContext
  extends Pick<
    AgentContext,
    | 'access'
    | 'agent'
    | 'apiContainers'
    | 'clock'
    | 'containerizer'
    | 'flags'
    | 'log'
    | 'metrics'
    | 'paths'
    | 'sessions'
  > {
  /** `ParsedFlags.view`: the flags as text, without secrets. */
  readonly flagsView: () => Record<string, string>;
  readonly files: Files;
}
