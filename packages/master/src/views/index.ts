export { followedAgentMessage } from './executor-use.ts';
export { frameworksView, slavesView, stateView } from './master.ts';
export {
  agentMessage,
  agentsMessage,
  executorsMessage,
  frameworkEventMessage,
  frameworksMessage,
  getStateMessage,
  operationMessages,
  tasksMessage,
} from './messages.ts';
export { registryActions, registryView } from './registry.ts';
export { roleMessages, rolesView } from './roles.ts';
export type { ClusterFilters } from './see.ts';
export { summaryPieces } from './summary.ts';
export { type TaskSelection, tasksPieces } from './tasks.ts';
export { unofferedView } from './unoffered.ts';
