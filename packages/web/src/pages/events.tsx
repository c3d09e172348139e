import { useState } from 'react';
import { KEPT_EVENTS } from '../store/keys.ts';
import { PageHeading } from '../ui/page-heading.tsx';
import { TableView } from './table-page.tsx';
import { tableSpecs } from './table-specs.tsx';

/** What happens in the cluster, as it happens. */
export function EventsPage() {
  const [isHeld, setHeld] = useState(false);
  return (
    <>
      <PageHeading title="Events" />
      <div className="form-buttons">
        <button type="button" aria-pressed={isHeld} onClick={() => setHeld(!isHeld)}>
          {isHeld ? 'Go on' : 'Pause'}
        </button>
        <p className="quiet" role="status">
          {isHeld
            ? 'Paused: the table stays as it is while events go on.'
            : `The last ${KEPT_EVENTS.toLocaleString('en')} events since this browser began to follow the master.`}
        </p>
      </div>
      <TableView spec={tableSpecs.events} isHeld={isHeld} />
    </>
  );
}
