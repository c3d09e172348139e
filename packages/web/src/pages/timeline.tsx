import type { TaskStatus } from '@meseta/protocol/browser';
import { duration, wordOf } from '../ui/format.ts';
import { Moment } from '../ui/moment.tsx';
import { ShowMore } from '../ui/show-more.tsx';
import { StateLabel } from '../ui/state-label.tsx';

/** How many statuses are shown at first: the last ones. */
const FIRST = 30;

/** The statuses of a task, oldest first, with the time between them. */
export function Timeline({ statuses }: { readonly statuses: readonly TaskStatus[] }) {
  if (statuses.length === 0) return <p className="quiet">The agent has not reported anything yet.</p>;
  return (
    <ShowMore
      total={statuses.length}
      first={FIRST}
      words={hidden => `Show the ${hidden.toLocaleString('en')} statuses before these`}
      show={(shown, more) => {
        const start = statuses.length - shown;
        return (
          <>
            {more}
            <ol className="timeline" start={start + 1} aria-label="Statuses">
              {statuses.slice(start).map((status, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: two may be alike, and they never move
                <StatusLine key={start + index} status={status} before={statuses[start + index - 1]} />
              ))}
            </ol>
          </>
        );
      }}
    />
  );
}

function StatusLine({ status, before }: { readonly status: TaskStatus; readonly before: TaskStatus | undefined }) {
  const { timestamp, state, healthy, source, reason, message } = status;
  const gap = before?.timestamp !== undefined && timestamp !== undefined ? timestamp - before.timestamp : undefined;
  return (
    <li>
      {gap !== undefined && <span className="timeline-gap">after {duration(gap)}</span>}
      <Moment seconds={timestamp} />
      <StateLabel state={state} />
      {healthy !== undefined && <StateLabel state={healthy ? 'healthy' : 'unhealthy'} />}
      <span className="quiet">
        {[source, reason]
          .map(name => wordOf(name ?? ''))
          .filter(Boolean)
          .join(': ')}
      </span>
      {message && <p className="timeline-message">{message}</p>}
    </li>
  );
}
