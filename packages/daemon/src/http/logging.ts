import { parseDuration } from '@meseta/flags';
import { empty, failure, isFromBrowser, type Request, type Response, text } from '@meseta/process';
import type { Verbosity } from '@meseta/telemetry';
import type { Realm } from '../access/access-control.ts';
import { asksFor, type DaemonRoute } from './router.ts';

/** Why a level and a duration cannot be set; undefined when they can. */
function refusal(level: string, duration: string, original: number): string | undefined {
  if (!/^[+-]?\d{1,9}$/.test(level)) return `Invalid level '${level}': expecting a number.\n`;
  const value = Number(level);
  if (value < 0) return `Invalid level '${value}'.\n`;
  if (value < original) return `'${value}' < original level.\n`;
  try {
    parseDuration(duration);
    return undefined;
  } catch (error) {
    return `Failed to parse duration: ${(error as Error).message}.\n`;
  }
}

function toggle(verbosity: Verbosity, { method, headers, query }: Request): Response {
  const level = query.get('level');
  const duration = query.get('duration');
  if (level === null && duration === null) return text(200, `${verbosity.level}\n`);
  // A link or an image of any page makes a browser send a GET.
  if (method !== 'POST' && isFromBrowser(headers))
    return failure('POST_REQUIRED', 'Browsers change the level by POST only.\n');
  if (duration === null) return failure('PARAMETER_MISSING', "Expecting 'duration=value' in query.\n");
  if (level === null) return failure('PARAMETER_MISSING', "Expecting 'level=value' in query.\n");
  const wrong = refusal(level, duration, verbosity.original);
  if (wrong !== undefined) return failure('PARAMETER_INVALID', wrong);
  verbosity.set(Number(level), parseDuration(duration));
  return empty(200);
}

/**
 * Returns the routes of the actor `logging`: `/logging/toggle`.
 *
 * @see Mesos 3rdparty/libprocess/src/logging.cpp
 */
export function loggingRoutes(verbosity: Verbosity, realm: Realm): DaemonRoute[] {
  return [
    {
      path: '/toggle',
      realm,
      help: {
        summary: 'Tells or changes how much is logged.',
        description: 'Without parameters the current level is the answer. Otherwise both are needed.',
        parameters: {
          level: 'Verbosity: 0 is usual, 1 to 3 log more.',
          duration: 'How long to keep it, such as 10mins.',
        },
        statuses: {
          200: 'The level, or nothing.',
          400: 'A parameter is missing or wrong.',
          403: 'A browser sent it by GET.',
        },
      },
      does: asksFor('GET_ENDPOINT_WITH_PATH', { value: '/logging/toggle' }, request => toggle(verbosity, request)),
    },
  ];
}
