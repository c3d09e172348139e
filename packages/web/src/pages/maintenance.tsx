import type { MaintenanceWindow } from '@meseta/protocol/browser';
import { useEffect, useRef, useState } from 'react';
import { useReason } from '../actions/use-reasons.ts';
import { useAnswer } from '../answers/use-answer.ts';
import { WhenAnswered } from '../answers/when-answered.tsx';
import { type Maintenance, maintenance } from '../maintenance/maintenance.ts';
import { modesOf, placeOf } from '../maintenance/schedule.ts';
import { WindowForm } from '../maintenance/window-form.tsx';
import { WindowPanel } from '../maintenance/window-panel.tsx';
import { useCan } from '../permissions/can.ts';
import { isFocusFree } from '../ui/focus-page.ts';
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

/** What is edited: a window as it was when that began, or a new one. */
type Edited = MaintenanceWindow | 'new' | undefined;

function Windows({ known: { schedule, status } }: { readonly known: Maintenance }) {
  const [edited, setEdited] = useState<Edited>();
  /** The place of the form that was closed last; -1: that of a new window. */
  const [returned, setReturned] = useState<number>();
  const [seen] = useCan([{ action: 'view_maintenance' }]);
  const hidden = seen?.allowed === false ? [seen.reason] : [];
  const notNow =
    hidden.length > 0
      ? 'You do not see all of the schedule, and saving it would remove what you do not see.'
      : undefined;
  const reason = useReason({ action: 'update_maintenance' }) ?? notNow;
  const { windows = [] } = schedule;
  const modes = modesOf(status);
  const place = edited === undefined || edited === 'new' ? -1 : placeOf(schedule, edited);
  /** Where it was last: when it is saved, it is there with other words. */
  const lastPlace = useRef(-1);
  if (edited === 'new') lastPlace.current = -1;
  else if (place >= 0) lastPlace.current = place;
  const add = useRef<HTMLButtonElement>(null);
  const close = (isSaved: boolean) => {
    setReturned(isSaved ? lastPlace.current : place);
    setEdited(undefined);
  };
  useEffect(() => {
    // Where the panel of the window does not take it.
    if (edited !== undefined || returned === undefined) return;
    if (isFocusFree()) add.current?.focus();
    setReturned(undefined);
  }, [edited, returned]);
  const form = edited !== undefined && (
    <WindowForm key="edited" {...(edited !== 'new' && { window: edited, isMissing: place < 0 })} onClose={close} />
  );
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
      {[
        // One list: the form stays what it is when windows before it come and go.
        ...windows.map((window, index) =>
          index === place ? (
            form
          ) : (
            <WindowPanel
              key={JSON.stringify(window)}
              window={window}
              modes={modes}
              answers={status.draining_machines ?? []}
              reason={reason}
              isReturned={index === returned}
              onEdit={() => setEdited(window)}
            />
          ),
        ),
        place < 0 && form,
      ]}
      {edited !== 'new' && (
        <div className="form-buttons">
          <ReasonButton reason={reason} button={add} onPress={() => setEdited('new')}>
            Add a window
          </ReasonButton>
        </div>
      )}
    </>
  );
}
