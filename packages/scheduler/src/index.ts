export { parseOrigin } from './address.ts';
export { AgentClient, MasterClient } from './operator-client.ts';
export { SchedulerClient, SubscriptionError } from './scheduler-client.ts';
