import type { MaintenanceWindow } from '@meseta/protocol/browser';
import { useState } from 'react';
import { useCan } from '../../actions/can.ts';
import { Answered } from '../../ask/answer.tsx';
import { useFeedStatus } from '../../feed/hooks.ts';
import { Notice } from '../../ui/notice.tsx';
import { modesOf } from './schedule.ts';
import { type Maintenance, useMaintenance } from './use-maintenance.ts';
import { WindowForm } from './window-form.tsx';
import { WindowPanel } from './window-panel.tsx';

/** When machines are away, and what comes of their agents: the schedule, its changes, start and stop. */
export function MaintenancePage() {
  const answer = useMaintenance();
  return (
    <>
      <h1>Maintenance</h1>
      <Answered what="The schedule" answer={answer}>
        {maintenance => <Windows maintenance={maintenance} />}
      </Answered>
    </>
  );
}

/** What is edited: a window by its place, or a new one. */
type Edited = number | 'new' | undefined;

function Windows({ maintenance: { schedule, status } }: { readonly maintenance: Maintenance }) {
  const [edited, setEdited] = useState<Edited>();
  const { phase } = useFeedStatus();
  const [can] = useCan([{ action: 'update_maintenance' }]);
  const reason = phase !== 'live' ? 'The master cannot be reached.' : can?.allowed ? undefined : can?.reason;
  const { windows = [] } = schedule;
  const modes = modesOf(status);
  const close = () => setEdited(undefined);
  return (
    <>
      {windows.length === 0 && edited === undefined && (
        <Notice title="No machine is in the schedule">
          <p>
            Frameworks are asked to leave the machines of a window before it begins, and tasks are not placed over it.
          </p>
        </Notice>
      )}
      {windows.map((window, index) =>
        edited === index ? (
          <WindowForm key={keyOf(window)} schedule={schedule} index={index} onClose={close} />
        ) : (
          <WindowPanel
            key={keyOf(window)}
            schedule={schedule}
            index={index}
            window={window}
            modes={modes}
            answers={status.draining_machines ?? []}
            reason={reason}
            onEdit={() => setEdited(index)}
          />
        ),
      )}
      {edited === 'new' ? (
        <WindowForm schedule={schedule} onClose={close} />
      ) : (
        <div className="form-buttons">
          <button type="button" disabled={reason !== undefined} title={reason} onClick={() => setEdited('new')}>
            Add a window
          </button>
          {reason !== undefined && <p className="quiet">{reason}</p>}
        </div>
      )}
    </>
  );
}

const keyOf = (window: MaintenanceWindow) => JSON.stringify(window);
