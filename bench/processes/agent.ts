/** An agent as a process of its own. Arguments are its flags. */
import { agentFlags, agentRules, startAgent } from '@meseta/agent';
import { parseFlags } from '@meseta/flags';
import { createLogger } from '@meseta/telemetry';
import { serve } from './serve.ts';

const argv = ['--ip=127.0.0.1', '--hostname=127.0.0.1', '--port=0', ...process.argv.slice(2)];
const { flags, view } = parseFlags(agentFlags, argv, {}, agentRules);
const log = createLogger({ program: 'mesos-agent', level: 'ERROR' }, 'agent');
const agent = await startAgent({ flags, flagsView: view, log });

const handlers = {
  registered: () => agent.registered,
  port: () => agent.port,
};
export type AgentProcess = typeof handlers;
serve(handlers, () => agent.shutdown());
