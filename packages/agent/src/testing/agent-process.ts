/** An agent as a process of its own, for tests that kill it. SIGTERM ends it with its tasks, SIGINT leaves them. */
import { parseFlags } from '@meseta/flags';
import { createLogger } from '@meseta/telemetry';
import { agentFlags } from '../flags.ts';
import { startAgent } from '../main.ts';

const { flags } = parseFlags(agentFlags, process.argv.slice(2));
const level = process.env.MESETA_TEST_LOG === undefined ? 'ERROR' : 'INFO';
const agent = await startAgent({ flags, log: createLogger({ program: 'mesos-agent', level }, 'agent') });
process.once('SIGTERM', () => void agent.shutdown().then(() => process.exit(0)));
process.once('SIGINT', () => void agent.stop().then(() => process.exit(0)));
