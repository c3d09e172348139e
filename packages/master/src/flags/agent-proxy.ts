/** Flags for agents through the master. */
import { flagTypes, group } from '@meseta/flags';

const { bool, path } = flagTypes;

/** Whether requests go through the master to agents, and how agents know who asks. */
export const agentProxyFlags = group('Agents through the master', {
  agent_proxy: {
    type: bool,
    default: 'true',
    help: 'Pass reads on to agents: /agents/<id>/<path>. The master asks its --acls first.',
  },
  agent_proxy_key: {
    type: path,
    help: 'File with a key, at least 32 random bytes that only its owner can read. With it the master tells agents that have the same --agent_proxy_key who asks, so that their --acls decide, too. Unset: agents do not know it.',
  },
  agent_proxy_credential: {
    type: path,
    help: 'File with the principal and secret of the master at agents that ask who it is and take no token, such as those of Apache Mesos: {"principal":…,"secret":…}. Needs --authenticate_agents.',
  },
});
