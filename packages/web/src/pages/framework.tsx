import { Link, useParams } from '@tanstack/react-router';
import { useMemo } from 'react';
import { ActionBar } from '../actions/action-bar.tsx';
import { frameworkActions } from '../actions/framework-actions.ts';
import { addresses } from '../addresses.ts';
import { exactly } from '../query/filter-tokens.ts';
import type { FrameworkView } from '../store/frameworks.ts';
import type { Row } from '../store/table.ts';
import { Facts } from '../ui/facts.tsx';
import { duration, megabytes, trimmed } from '../ui/format.ts';
import { momentOf } from '../ui/moment.tsx';
import { PageHeading } from '../ui/page-heading.tsx';
import { Panel } from '../ui/panel.tsx';
import { SafeLink } from '../ui/safe-link.tsx';
import { StateLabel } from '../ui/state-label.tsx';
import { TasksTable } from './lists.tsx';
import { ObjectPage } from './object-page.tsx';

/** One framework: what it says of itself, what it uses, and its tasks. */
export function FrameworkPage() {
  const { framework: id } = useParams({ strict: false }) as { framework: string };
  return (
    <ObjectPage key={id} table="frameworks" objectKey={id} id={id} thing="framework">
      {({ row, framework }) => row && framework && <FrameworkFacts row={row} framework={framework} />}
    </ObjectPage>
  );
}

function FrameworkFacts({ row, framework }: { readonly row: Row; readonly framework: FrameworkView }) {
  const object = useMemo(() => ({ row }), [row]);
  const { framework_info: info } = framework;
  return (
    <>
      <PageHeading title={info.name || String(row.id)}>
        <StateLabel state={String(row.state)} />
      </PageHeading>
      <ActionBar
        actions={frameworkActions}
        of={object}
        id={`framework ${row.key}`}
        label={`Actions on framework ${info.name}`}
      />
      <p>
        <Link to={addresses.why()} search={{ framework: info.id?.value } as never}>
          Why?
        </Link>{' '}
        <span className="quiet">Where it can be offered agents, and why not elsewhere.</span>
      </p>
      <div className="panels">
        <Panel title="Facts">
          <Facts
            of={{
              Id: info.id?.value,
              Roles: String(row.role),
              User: info.user,
              Principal: info.principal,
              Host: info.hostname,
              'Web UI': info.webui_url && <SafeLink url={info.webui_url} />,
              Registered: momentOf(framework.registered_time),
              'Fail-over timeout': info.failover_timeout !== undefined && duration(info.failover_timeout),
              Checkpoints: info.checkpoint ? 'yes' : 'no',
              Capabilities: (info.capabilities ?? []).map(({ type }) => type).join(', '),
            }}
          />
        </Panel>
        <Panel title="Resources in use">
          <Facts
            of={{
              Tasks: trimmed(Number(row.tasks)),
              CPUs: trimmed(Number(row.cpus_used)),
              Memory: megabytes(Number(row.mem_used)),
              Disk: megabytes(Number(row.disk_used)),
            }}
          />
        </Panel>
      </div>
      <Panel title="Tasks of this framework">
        <TasksTable within={exactly('framework', [String(row.id)])} />
      </Panel>
    </>
  );
}
