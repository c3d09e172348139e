/** What the master passes on to agents: a fixed table of endpoints and calls, all of which read. Pure. */
import type { Action } from '@meseta/daemon';
import type { AgentCallType } from '@meseta/protocol';

/**
 * What the master asks before it passes a read on, by its own rules: the same that the agent asks by its rules.
 *
 * - `open`: nothing, for a reason that the reader of the table can judge.
 * - `file`: whether the file may be read that the request names.
 * - `sees`: whether everything may be seen that these actions are about, and the endpoint be used. Who may see only a
 *   part of that needs an agent that checks by itself, because the master does not look into what agents answer.
 */
export type Need =
  | { readonly kind: 'open'; readonly why: string }
  | { readonly kind: 'file' }
  | { readonly kind: 'sees'; readonly actions: readonly SeenAction[]; readonly endpoint?: string };

/** The actions by which views are filtered. */
export type SeenAction = Extract<Action, `VIEW_${string}`>;

/** An endpoint of agents that is passed on. */
export interface ProxiedRead {
  readonly need: Need;
  /** The parameters of the query that are passed on; others are left out. */
  readonly parameters: readonly string[];
  /** Media types of the answer; another one is passed on as plain bytes. */
  readonly types: readonly string[];
  /** Browsers store the answer as a file, whatever the agent says. */
  readonly isAttachment?: true;
}

const json = ['application/json', 'text/json'];
const bytes = ['application/octet-stream'];
const file: Need = { kind: 'file' };
const open = (why: string): Need => ({ kind: 'open', why });
const endpoint = (path: string, ...actions: SeenAction[]): Need => ({ kind: 'sees', actions, endpoint: path });
const sees = (...actions: SeenAction[]): Need => ({ kind: 'sees', actions });

/** Paths on the agent to what is passed on. */
export const proxiedReads: ReadonlyMap<string, ProxiedRead> = new Map<string, ProxiedRead>([
  ['/files/browse', { need: file, parameters: ['path'], types: json }],
  ['/files/read', { need: file, parameters: ['path', 'offset', 'length'], types: json }],
  ['/files/download', { need: file, parameters: ['path'], types: bytes, isAttachment: true }],
  ['/files/debug', { need: endpoint('/files/debug'), parameters: [], types: json }],
  [
    '/state',
    {
      need: sees('VIEW_FLAGS', 'VIEW_FRAMEWORK', 'VIEW_TASK', 'VIEW_EXECUTOR', 'VIEW_ROLE'),
      parameters: [],
      types: json,
    },
  ],
  [
    '/containers',
    {
      need: endpoint('/containers', 'VIEW_CONTAINER'),
      parameters: ['container_id', 'framework_id', 'executor_id'],
      types: json,
    },
  ],
  ['/monitor/statistics', { need: endpoint('/monitor/statistics'), parameters: [], types: json }],
  ['/metrics/snapshot', { need: endpoint('/metrics/snapshot'), parameters: ['timeout'], types: json }],
  ['/flags', { need: sees('VIEW_FLAGS'), parameters: [], types: json }],
  ['/health', { need: open('It shows only that the agent answers.'), parameters: [], types: [] }],
  ['/version', { need: open('Clients ask for it to know how to go on.'), parameters: [], types: json }],
]);

/** Where calls of the agent's operator API go. */
export const callPath = '/api/v1';

/** Where the WebSocket of a terminal is: see `terminals/`. */
export const terminalPath = '/exec';

/** Media types of answers to calls. */
export const callTypes: readonly string[] = ['application/json', 'application/x-protobuf'];

/** The calls that are passed on. */
export const proxiedCalls: ReadonlyMap<AgentCallType, Need> = new Map<AgentCallType, Need>([
  ['GET_HEALTH', open('It shows only that the agent answers.')],
  ['GET_VERSION', open('Clients ask for it to know how to go on.')],
  ['GET_METRICS', open('Numbers, for which Mesos asks nothing in this API.')],
  ['GET_LOGGING_LEVEL', open('A number, for which Mesos asks nothing in this API.')],
  ['GET_AGENT', open('It tells of the agent itself, for which Mesos asks nothing.')],
  ['GET_FLAGS', sees('VIEW_FLAGS')],
  ['LIST_FILES', file],
  ['READ_FILE', file],
  ['GET_STATE', sees('VIEW_FRAMEWORK', 'VIEW_TASK', 'VIEW_EXECUTOR', 'VIEW_ROLE')],
  ['GET_CONTAINERS', sees('VIEW_CONTAINER', 'VIEW_STANDALONE_CONTAINER')],
  ['GET_FRAMEWORKS', sees('VIEW_FRAMEWORK')],
  ['GET_EXECUTORS', sees('VIEW_FRAMEWORK', 'VIEW_EXECUTOR')],
  ['GET_TASKS', sees('VIEW_FRAMEWORK', 'VIEW_TASK', 'VIEW_EXECUTOR')],
  ['GET_OPERATIONS', sees('VIEW_ROLE')],
  ['GET_RESOURCE_PROVIDERS', sees('VIEW_RESOURCE_PROVIDER')],
]);
