/** The calls that master and agent answer alike. */
import { HttpError } from '@meseta/process';
import type { AgentCall, AgentResponse, DurationInfo, MasterCall, MasterResponse } from '@meseta/protocol';
import { versionInfo } from '@meseta/system';
import type { Metrics, Verbosity } from '@meseta/telemetry';
import { whole } from '../access/actions.ts';
import { asks, open } from '../access/entry.ts';
import { FilesError } from '../files/error.ts';
import type { Files } from '../files/files.ts';
import type { AskingContext, OperatorCall } from './operator-call.ts';

/** What these calls are about. */
export interface CommonCallContext extends AskingContext {
  /** `ParsedFlags.view`: without secrets. */
  readonly flagsView: () => Record<string, string>;
  readonly metrics: Metrics;
  readonly verbosity: Verbosity;
  readonly files: Files;
}

type Call = Pick<MasterCall & AgentCall, 'get_metrics' | 'set_logging_level' | 'list_files' | 'read_file'>;
type Reply = Pick<
  MasterResponse & AgentResponse,
  'get_health' | 'get_flags' | 'get_version' | 'get_metrics' | 'get_logging_level' | 'list_files' | 'read_file'
> & { type: MasterResponse['type'] & AgentResponse['type'] };
type CommonCall = OperatorCall<CommonCallContext, Call, Reply>;

const nanosecondsPerMillisecond = 1e6;

const pathsAsk = 'Every attached path asks for itself: ACCESS_SANDBOX or ACCESS_MESOS_LOG.';

function durationProblem(name: string, duration: DurationInfo | undefined): string | undefined {
  if ((duration?.nanoseconds ?? 0) >= 0) return undefined;
  return `'${name}' must not be negative`;
}

/** To spread into a table of calls. */
export const commonCalls = {
  GET_HEALTH: {
    access: open('Shows only that the daemon answers.'),
    answer: () => ({ type: 'GET_HEALTH', get_health: { healthy: true } }),
  },
  GET_FLAGS: {
    access: asks('VIEW_FLAGS', () => [whole]),
    answer: ({ flagsView }) => {
      const flags = Object.entries(flagsView()).map(([name, value]) => ({ name, value }));
      return { type: 'GET_FLAGS', get_flags: { flags } };
    },
  },
  GET_VERSION: {
    access: open('Clients ask for it to know how to go on.'),
    answer: () => {
      const { meseta_version: _, ...version_info } = versionInfo();
      return { type: 'GET_VERSION', get_version: { version_info } };
    },
  },
  GET_METRICS: {
    needs: 'get_metrics',
    access: open('Numbers, for which Mesos asks nothing in this API.'),
    // All gauges answer immediately, so the timeout does not matter.
    validate: call => durationProblem('get_metrics.timeout', call.get_metrics?.timeout),
    answer: ({ metrics }) => ({ type: 'GET_METRICS', get_metrics: { metrics: metricMessages(metrics) } }),
  },
  GET_LOGGING_LEVEL: {
    access: open('A number, for which Mesos asks nothing in this API.'),
    answer: ({ verbosity: { level } }) => ({ type: 'GET_LOGGING_LEVEL', get_logging_level: { level } }),
  },
  SET_LOGGING_LEVEL: {
    needs: 'set_logging_level',
    access: asks('SET_LOG_LEVEL', () => [whole]),
    validate: call => durationProblem('set_logging_level.duration', call.set_logging_level?.duration),
    answer: ({ verbosity }, { set_logging_level }) => {
      const { level = 0, duration } = set_logging_level ?? {};
      if (level < verbosity.original) {
        throw new HttpError('CALL_INVALID', `'${level}' < original level ${verbosity.original}`);
      }
      verbosity.set(level, (duration?.nanoseconds ?? 0) / nanosecondsPerMillisecond);
      return undefined;
    },
  },
  LIST_FILES: {
    needs: 'list_files',
    access: open(pathsAsk),
    answer: async ({ files }, { list_files: { path = '' } = {} }, { principal }) => {
      const file_infos = await filesAnswer('list_files', path, files.browse(path, principal));
      return { type: 'LIST_FILES', list_files: { file_infos } };
    },
  },
  READ_FILE: {
    needs: 'read_file',
    access: open(pathsAsk),
    answer: async ({ files }, call, { principal }) => {
      const { path = '', offset = 0, length } = call.read_file ?? {};
      const { size, data } = await filesAnswer('read_file', path, files.read(path, offset, length, principal));
      return { type: 'READ_FILE', read_file: { size, data: data.toString('base64') } };
    },
  },
} as const satisfies Record<string, CommonCall>;

function* metricMessages(metrics: Metrics) {
  for (const entry of metrics.entriesInSteps()) yield entry && { name: entry[0], value: entry[1] };
}

async function filesAnswer<T>(call: string, path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    if (!(cause instanceof FilesError)) throw cause;
    // Mesos says nothing about a path that it does not show.
    const missing = cause.code === 'NOT_FOUND' ? `There is no '${path}' here: see '${call}.path'` : '';
    throw new HttpError(cause.failure, cause.message || missing, { cause });
  }
}
