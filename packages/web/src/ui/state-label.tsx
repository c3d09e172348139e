import { wordOf } from './format.ts';

/** How a state is to be taken; the stylesheet has a colour for each. */
type Tone = 'good' | 'busy' | 'bad' | 'warning' | 'quiet';

const tones: Readonly<Record<string, Tone>> = {
  TASK_RUNNING: 'good',
  TASK_STAGING: 'busy',
  TASK_STARTING: 'busy',
  TASK_KILLING: 'busy',
  TASK_FAILED: 'bad',
  TASK_ERROR: 'bad',
  TASK_LOST: 'bad',
  TASK_DROPPED: 'bad',
  TASK_GONE: 'bad',
  TASK_GONE_BY_OPERATOR: 'bad',
  TASK_UNREACHABLE: 'warning',
  active: 'good',
  draining: 'busy',
  drained: 'warning',
  deactivated: 'warning',
  disconnected: 'warning',
  unreachable: 'warning',
  recovered: 'warning',
  inactive: 'warning',
  unhealthy: 'bad',
  healthy: 'good',
};

/** Shows a state as a word with a colour; the word alone says all. */
export function StateLabel({ state }: { readonly state: string }) {
  return (
    <span className="state" data-tone={tones[state] ?? 'quiet'}>
      {wordOf(state)}
    </span>
  );
}
