import { useState } from 'react';
import { LogLevel } from '../about/log-level.tsx';
import { MasterFacts, pollOf, VersionFacts } from '../about/master-facts.tsx';
import { useAnswer } from '../answers/use-answer.ts';
import { WhenAnswered } from '../answers/when-answered.tsx';
import { FilterBox } from '../ui/filter-box.tsx';
import { countOf } from '../ui/format.ts';
import { NoMatch } from '../ui/no-match.tsx';
import { PageHeading } from '../ui/page-heading.tsx';
import { Panel } from '../ui/panel.tsx';
import { PlainTable } from '../ui/plain-table.tsx';

/** Which master this is, how it was started, and how much it logs. */
export function AboutPage() {
  return (
    <>
      <PageHeading title="About this master" />
      <div className="panels">
        <Panel title="Master">
          <MasterFacts />
        </Panel>
        <Panel title="Version">
          <VersionFacts />
        </Panel>
        <Panel title="Log">
          <LogLevel />
        </Panel>
      </div>
      <Panel title="Flags">
        <Flags />
      </Panel>
    </>
  );
}

const allFlags = pollOf('GET_FLAGS');

/** The flags of the master, of which those are shown that contain a text. */
function Flags() {
  const answer = useAnswer(allFlags);
  const [filter, setFilter] = useState('');
  return (
    <WhenAnswered what="The flags" answer={answer} lines={12} check={{ action: 'view_flags' }}>
      {({ get_flags }) => {
        const flags = get_flags?.flags ?? [];
        const shown = flags.filter(({ name, value }) => `${name}=${value ?? ''}`.includes(filter));
        return (
          <>
            <FilterBox
              label="Find flags"
              example="flags that contain …"
              value={filter}
              problems={[]}
              onChange={setFilter}
            />
            <p className="table-count" role="status">
              {countOf(shown.length, flags.length, 'flag')}
            </p>
            {shown.length > 0 ? (
              <PlainTable label="Flags" columns={['Flag', 'Value']}>
                {shown.map(({ name, value }) => (
                  <tr key={name}>
                    <th scope="row">--{name}</th>
                    <td>
                      <code>{value}</code>
                    </td>
                  </tr>
                ))}
              </PlainTable>
            ) : (
              <NoMatch thing="flag" onClear={() => setFilter('')} />
            )}
          </>
        );
      }}
    </WhenAnswered>
  );
}
