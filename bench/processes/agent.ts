/** An agent as a process of its own. Arguments are its flags. */
import { agentFlags, agentRules, startAgent } from '@meseta/agent';
import { parseFlags } from '@meseta/flags';
import { createLogger } from '@meseta/telemetry';
import { watchEventLoop } from '../event-loop.ts';
import { serve } from './serve.ts';

const argv = ['--ip=127.0.0.1', '--hostname=127.0.0.1', '--port=0', ...process.argv.slice(2)];
const { flags, view } = parseFlags(agentFlags, argv, {}, agentRules);
const log = createLogger({ program: 'mesos-agent', level: 'ERROR' }, 'agent');
const watch = watchEventLoop();
const agent = await startAgent({ flags, flagsView: view, log });
const startDelay = agent.registered.then(() => watch.stop());

const handlers = {
  registered: () => agent.registered,
  port: () => agent.port,
  /** How long the event loop was held up from the start to the registration. */
  startDelay: () => startDelay,
};
export type AgentProcess = typeof handlers;
serve(handlers, () => agent.shutdown());
