/** The error codes of requests that the master passes on to agents, a part of `FAILURES`. */
export const proxyFailures = {
  AGENT_UNREACHABLE: {
    status: 502,
    meaning: 'The master has no connection to the agent, or lost it before the answer was complete.',
    action: 'Look at the agent, and at the network between master and agent.',
  },
  AGENT_TIMEOUT: {
    status: 504,
    meaning: 'The agent did not answer the master in time.',
    action: 'Look at the agent, and at the network between master and agent.',
  },
  AGENT_ANSWER_UNUSABLE: {
    status: 502,
    meaning: 'The master does not pass on what the agent answered: a redirect, too large a head, no HTTP.',
    action: 'Look at what runs at the registered address of the agent.',
  },
  AGENT_ASKS_WHO: {
    status: 502,
    meaning: 'The agent asks who sends the request, and does not take what the master says.',
    action: 'Give master and agents the same `--agent_proxy_key`, or the master an `--agent_proxy_credential`.',
  },
  AGENT_PROXY_BUSY: {
    status: 503,
    meaning: 'As many requests to this agent, or to all agents, go through the master as may at a time.',
    action: 'Try again in a moment.',
  },
  AGENT_PROXY_LIMIT: {
    status: 429,
    meaning:
      'As many requests to agents of this principal, or of this address, go through the master as may at a time.',
    action: 'Wait until others of your requests are answered.',
  },
  AGENT_PROXY_OFF: {
    status: 403,
    meaning: 'The master passes no requests on to agents.',
    action: 'Ask the agent itself, or start the master with `--agent_proxy`.',
  },
  TERMINAL_LIMIT: {
    status: 429,
    meaning: 'This principal, or this address, has as many terminals through the master open as may be at a time.',
    action: 'Close one of them.',
  },
  TERMINALS_BUSY: {
    status: 503,
    meaning: 'As many terminals to this agent, or to all agents, go through the master as may at a time.',
    action: 'Try again later, or use `meseta task shell`, which asks the agent itself.',
  },
  WEBSOCKET_REQUIRED: {
    status: 426,
    meaning: 'The request is in order, and asks for no WebSocket of version 13.',
    action: 'Connect with a WebSocket client.',
  },
  CALL_NOT_PROXIED: {
    status: 403,
    meaning: 'The master passes only calls on to agents that read.',
    action: 'Make the call to the agent itself.',
  },
} as const;
