/** Flags for who may use the master, and for what. */
import { aclsFlag } from '@meseta/daemon';
import { eachOnce, flagTypes, group, oneName, positive } from '@meseta/flags';

const { bool, duration, path, string } = flagTypes;

/** The value of `--authenticators` that stands for no module. */
export const builtInAuthenticator = 'crammd5';

/** How frameworks, agents and people prove who they are, and what they may do. */
export const accessFlags = group('Authentication and authorization', {
  authenticate_frameworks: {
    type: bool,
    default: 'false',
    aliases: ['authenticate'],
    help: 'Let only authenticated v0 frameworks register. Needs --credentials, or a module in --authenticators.',
  },
  authenticate_agents: {
    type: bool,
    default: 'false',
    aliases: ['authenticate_slaves'],
    help: 'Let only authenticated agents register. Needs --credentials, or a module in --authenticators.',
  },
  authenticate_http_frameworks: {
    type: bool,
    default: 'false',
    help: 'Let only authenticated v1 frameworks subscribe. Needs --http_framework_authenticators.',
  },
  authenticators: {
    type: string,
    default: 'crammd5',
    help: 'Where the secrets of v0 frameworks and agents come from: crammd5 (--credentials), or the name of a module of --modules.',
    check: oneName,
  },
  http_authenticators: {
    type: string,
    default: 'basic',
    help: "How HTTP requests authenticate: 'basic' (name and password, needs --credentials), or names of modules in --modules. Several are tried in this order. Matters only with --authenticate_http_readonly or --authenticate_http_readwrite.",
    check: eachOnce,
  },
  http_framework_authenticators: {
    type: string,
    help: "How v1 frameworks authenticate: 'basic' (needs --credentials), or names of modules in --modules. Several are tried in this order. Needed with --authenticate_http_frameworks.",
    check: eachOnce,
  },
  authentication_v0_timeout: {
    type: duration,
    default: '15secs',
    help: 'How long authentication of a v0 framework or agent may take.',
    check: positive(duration),
  },
  credentials: {
    type: path,
    help: 'File of principals and secrets: {"credentials":[{"principal":…,"secret":…}]}, or lines of a principal and its secret. Others should not be able to read it.',
  },
  authorizers: {
    type: string,
    default: 'local',
    help: 'Who decides what principals may do: local, by the rules of --acls, or the name of an authorizer module, with which --acls counts for nothing.',
    check: oneName,
  },
  acls: {
    type: aclsFlag,
    help: 'What principals may do, action by action: {"permissive": false, "register_frameworks": [{"principals": {"values": ["web"]}, "roles": {"values": ["web"]}}]}. Unset: everything.',
  },
});
