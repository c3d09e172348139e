import type { MaintenanceWindow } from '@meseta/protocol/browser';
import { useState } from 'react';
import { useReason } from '../actions/use-reasons.ts';
import { useAnswer } from '../answers/use-answer.ts';
import { WhenAnswered } from '../answers/when-answered.tsx';
import { type Maintenance, maintenance } from '../maintenance/maintenance.ts';
import { modesOf } from '../maintenance/schedule.ts';
import { WindowForm } from '../maintenance/window-form.tsx';
import { WindowPanel } from '../maintenance/window-panel.tsx';
import { useCan } from '../permissions/can.ts';
import { Notice } from '../ui/notice.tsx';
import { PageHeading } from '../ui/page-heading.tsx';
import { ReasonButton } from '../ui/reason-button.tsx';

/** When machines are away, and what comes of their agents: the schedule, its changes, start and stop. */
export function MaintenancePage() {
  const answer = useAnswer(maintenance);
  return (
    <>
      <PageHeading title="Maintenance" />
      <WhenAnswered what="The schedule" answer={answer}>
        {known => <Windows known={known} />}
      </WhenAnswered>
    </>
  );
}

/** What is edited: a window by its place, or a new one. */
type Edited = number | 'new' | undefined;

function Windows({ known: { schedule, status } }: { readonly known: Maintenance }) {
  const [edited, setEdited] = useState<Edited>();
  const reason = useReason({ action: 'update_maintenance' });
  const [seen] = useCan([{ action: 'view_maintenance' }]);
  const hidden = seen?.allowed === false ? [seen.reason] : [];
  const { windows = [] } = schedule;
  const modes = modesOf(status);
  const close = () => setEdited(undefined);
  return (
    <>
      {hidden.map(why => (
        <Notice key={why} title="You may not see the schedule">
          <p>{why}</p>
        </Notice>
      ))}
      {hidden.length === 0 && windows.length === 0 && edited === undefined && (
        <Notice title="No machine is in the schedule">
          <p>Frameworks are told when the machines of a window will be away, and are asked to leave them before.</p>
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
          <ReasonButton reason={reason} onPress={() => setEdited('new')}>
            Add a window
          </ReasonButton>
        </div>
      )}
    </>
  );
}

const keyOf = (window: MaintenanceWindow) => JSON.stringify(window);
