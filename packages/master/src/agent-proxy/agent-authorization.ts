/** Says to an agent who asks through the master. Pure. */
import { type Credential, proxyToken } from '@meseta/daemon';
import type { Principal, Tls } from '@meseta/process';
import type { Agent } from '../state/agent.ts';

/** What the master says to agents of who asks, and how it reaches them. */
export interface AgentProxyParts {
  /** Of `--agent_proxy_key`. */
  readonly key: Buffer | undefined;
  /** Of `--agent_proxy_credential`. */
  readonly credential: Credential | undefined;
  readonly tls: Tls | undefined;
}

/** What the master can say it with. */
type AgentSecrets = Pick<AgentProxyParts, 'key' | 'credential'>;

/** Tells whether an agent takes tokens, gets to know each principal by them, and decides by its own rules. */
export function takesTokens(agent: Agent, { key }: AgentSecrets): boolean {
  return key !== undefined && agent.has('PROXY_TOKENS');
}

/**
 * Returns the headers that say who asks, in the way that the agent takes; none where there is nothing to say. Tokens end
 * soon: make the headers anew for each request.
 */
export function agentAuthorization(
  agent: Agent,
  principal: Principal | undefined,
  secrets: AgentSecrets,
  nowMs: number,
): Record<string, string> {
  const { key, credential } = secrets;
  if (key && takesTokens(agent, secrets)) {
    if (principal?.value === undefined) return {};
    const claims = { principal: principal.value, agentId: agent.id };
    return { Authorization: `Bearer ${proxyToken(claims, key, nowMs)}` };
  }
  if (credential === undefined) return {};
  const { principal: name, secret } = credential;
  return { Authorization: `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}` };
}
