export { parseOrigin } from './address.ts';
export { AgentStreams } from './agent-streams.ts';
export { AgentClient, MasterClient } from './operator-client.ts';
export { SchedulerClient, SubscriptionError } from './scheduler-client.ts';
