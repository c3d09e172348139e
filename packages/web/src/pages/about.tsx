import type { MasterResponse } from '@meseta/protocol/browser';
import { useState } from 'react';
import { LogLevel } from '../about/log-level.tsx';
import { useAnswer } from '../answers/use-answer.ts';
import { WhenAnswered } from '../answers/when-answered.tsx';
import { query } from '../requests/operator-api.ts';
import { Poll } from '../requests/poll.ts';
import { useNow } from '../ui/clock.ts';
import { Facts } from '../ui/facts.tsx';
import { FilterBox } from '../ui/filter-box.tsx';
import { countOf, duration, moment } from '../ui/format.ts';
import { NoMatch } from '../ui/no-match.tsx';
import { Panel } from '../ui/panel.tsx';
import { PlainTable } from '../ui/plain-table.tsx';

/** Which master this is, how it was started, and how much it logs. */
export function AboutPage() {
  return (
    <>
      <h1>About this master</h1>
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

/** A call that the master answers with what seldom changes. */
const pollOf = (type: 'GET_MASTER' | 'GET_VERSION' | 'GET_FLAGS') =>
  new Poll<MasterResponse>({ everyMs: 60_000, ask: signal => query({ type }, signal) });

const master = pollOf('GET_MASTER');
const version = pollOf('GET_VERSION');
const allFlags = pollOf('GET_FLAGS');

function MasterFacts() {
  const answer = useAnswer(master);
  const now = useNow(60_000);
  const time = (seconds: number | undefined) =>
    seconds && `${moment(seconds, now)}, ${duration(now / 1000 - seconds)} ago`;
  return (
    <WhenAnswered what="The master" answer={answer}>
      {({ get_master: { master_info: info, start_time, elected_time } = {} }) => (
        <Facts
          of={{
            'Leading master': info && `${info.hostname ?? ''}:${info.port}`,
            Id: info?.id,
            Started: time(start_time),
            'Leads since': time(elected_time),
            Region: info?.domain?.fault_domain?.region.name,
            Zone: info?.domain?.fault_domain?.zone.name,
            Capabilities: (info?.capabilities ?? []).map(({ type }) => type).join(', '),
          }}
        />
      )}
    </WhenAnswered>
  );
}

function VersionFacts() {
  const answer = useAnswer(version);
  return (
    <WhenAnswered what="The version" answer={answer}>
      {({ get_version }) => {
        const info = get_version?.version_info;
        return (
          <Facts
            of={{
              Version: info?.version,
              Built: info?.build_date,
              'Built by': info?.build_user,
              Commit: info?.git_sha,
              Branch: info?.git_branch,
              Tag: info?.git_tag,
            }}
          />
        );
      }}
    </WhenAnswered>
  );
}

/** The flags of the master, of which those are shown that contain a text. */
function Flags() {
  const answer = useAnswer(allFlags);
  const [filter, setFilter] = useState('');
  return (
    <WhenAnswered what="The flags" answer={answer} lines={12}>
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
