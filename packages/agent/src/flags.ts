/** Every flag of the agent, those of Mesos 0.21 under their old names too. The groups are in `flags/`. */
import {
  commonRules,
  type FlagRule,
  type FlagValues,
  generalFlags,
  httpFlags,
  loggingFlags,
  moduleFlags,
  networkFlags,
} from '@meseta/flags';
import { accessFlags } from './flags/access.ts';
import { agentFlagGroup, executorFlags, recoveryFlags, resourceFlags } from './flags/agent.ts';
import { containerFlags, diskFlags, fetcherFlags } from './flags/containers.ts';
import { dockerFlags } from './flags/docker.ts';
import { imageFlags } from './flags/images.ts';
import { cgroupFlags, isolatorFlags, networkIsolationFlags, portMappingFlags } from './flags/isolators.ts';

/** The table of `meseta agent`. */
export const agentFlags = {
  ...generalFlags,
  ...networkFlags('5051'),
  ...agentFlagGroup,
  ...resourceFlags,
  ...executorFlags,
  ...recoveryFlags,
  ...containerFlags,
  ...diskFlags,
  ...fetcherFlags,
  ...imageFlags,
  ...dockerFlags,
  ...cgroupFlags,
  ...isolatorFlags,
  ...networkIsolationFlags,
  ...portMappingFlags,
  ...accessFlags,
  ...httpFlags([]),
  ...moduleFlags,
  ...loggingFlags,
} as const;

/** Typed values of the agent's flags. */
export type AgentFlags = FlagValues<typeof agentFlags>;

/** Conditions over several of the agent's flags. */
export const agentRules: readonly FlagRule<typeof agentFlags>[] = [
  ...commonRules,
  flags =>
    flags.master === undefined && flags.master_detector === undefined
      ? 'Missing required option `--master` or `--master_detector`'
      : undefined,
  flags =>
    flags.master !== undefined && flags.master_detector !== undefined
      ? 'Only one of `--master` or `--master_detector` should be specified'
      : undefined,
  flags =>
    flags.ip6 !== undefined && flags.ip6_discovery_command !== undefined
      ? 'Only one of `--ip6` or `--ip6_discovery_command` should be specified'
      : undefined,
  flags =>
    flags.authenticate_http_executors && flags.jwt_secret_key === undefined
      ? '--jwt_secret_key must be specified when --authenticate_http_executors is set to true'
      : undefined,
  flags =>
    flags.containerizers.includes('external') && flags.containerizer_path === undefined
      ? 'Missing option `--containerizer_path`: `--containerizers=external` needs a program; see docs/external-containerizer.md'
      : undefined,
];
