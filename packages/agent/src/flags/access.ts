/** Flags for who may do what, towards the master and on the agent's own endpoints. */
import { aclsFlag } from '@meseta/daemon';
import { eachOnce, flagTypes, group, oneName, positive } from '@meseta/flags';

const { bool, duration, path, string } = flagTypes;

/** Who the agent is to its master, and who may use its own endpoints. */
export const accessFlags = group('Authentication and authorization', {
  credential: {
    type: path,
    help: 'File with the principal and secret that the agent authenticates with: {"principal":…,"secret":…}, or one line of both. Others should not be able to read it. Unset: it registers without authentication.',
  },
  authenticatee: {
    type: string,
    default: 'crammd5',
    help: 'Where the principal and secret come from with which the agent authenticates by CRAM-MD5: crammd5 (--credential), or the name of an authenticatee module in --modules.',
    check: oneName,
  },
  authentication_backoff_factor: {
    type: duration,
    default: '1secs',
    help: 'How fast tries to authenticate get rarer. Matters only with --credential.',
  },
  authentication_timeout_min: {
    type: duration,
    default: '5secs',
    check: positive(duration),
    help: 'Least time before authentication is tried again. Matters only with --credential.',
  },
  authentication_timeout_max: {
    type: duration,
    default: '1mins',
    check: positive(duration),
    help: 'Longest time before authentication is tried again. Matters only with --credential.',
  },
  authorizer: {
    type: string,
    default: 'local',
    help: 'Who decides what principals may do on this agent: local, by the rules of --acls, or the name of an authorizer module, with which --acls counts for nothing.',
    check: oneName,
  },
  acls: {
    type: aclsFlag,
    help: "What principals may do on this agent, action by action, in the form of the master's --acls. Unset: everything.",
  },
  http_authenticators: {
    type: string,
    help: "How HTTP requests authenticate: 'basic' (name and password, needs --http_credentials), 'jwt' (tokens of executors, needs --jwt_secret_key), or names of modules in --modules. Several are tried in this order. Unset: basic, with --authenticate_http_executors basic,jwt.",
    check: eachOnce,
  },
  http_credentials: {
    type: path,
    help: 'File of principals and secrets for HTTP requests: {"credentials":[{"principal":…,"secret":…}]}, or a line for each. Only the agent should be able to read it.',
  },
  authenticate_http_executors: {
    type: bool,
    default: 'false',
    help: 'Let only those executors use the HTTP API that have the token which the agent gave them. Needs --jwt_secret_key.',
  },
  agent_proxy_key: {
    type: path,
    help: "File with the key of the master's --agent_proxy_key, at least 32 random bytes that only the agent's user can read. With it the agent knows who asks through the master, and its --acls decide about them.",
  },
  jwt_secret_key: {
    type: path,
    aliases: ['executor_secret_key'],
    help: 'File with the key that tokens of executors are made with. With it every executor gets a token. Only the agent should be able to read it. Agents may have the same key or different ones; one that gets another key does not know the executors that still run.',
  },
});
