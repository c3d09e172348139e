import type { MasterResponse } from '@meseta/protocol/browser';
import { useState } from 'react';
import { Answered, useAnswer } from '../../ask/answer.tsx';
import { query } from '../../ask/operator.ts';
import { useNow } from '../../ui/clock.ts';
import { Facts } from '../../ui/facts.tsx';
import { duration, moment } from '../../ui/format.ts';
import { Notice } from '../../ui/notice.tsx';
import { Panel } from '../../ui/panel.tsx';
import { PlainTable } from '../../ui/plain-table.tsx';
import { LogLevel } from './log-level.tsx';

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

/** Asks the master a question by its type. */
function useMasterAnswer(type: 'GET_MASTER' | 'GET_VERSION' | 'GET_FLAGS') {
  return useAnswer<MasterResponse>({ key: [type], everyMs: 60_000, ask: signal => query({ type }, signal) });
}

function MasterFacts() {
  const answer = useMasterAnswer('GET_MASTER');
  const now = useNow(60_000);
  const time = (seconds: number | undefined) =>
    seconds && `${moment(seconds, now)}, ${duration(now / 1000 - seconds)} ago`;
  return (
    <Answered what="The master" answer={answer}>
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
    </Answered>
  );
}

function VersionFacts() {
  const answer = useMasterAnswer('GET_VERSION');
  return (
    <Answered what="The version" answer={answer}>
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
    </Answered>
  );
}

/** The flags of the master, of which those are shown that contain a text. */
function Flags() {
  const answer = useMasterAnswer('GET_FLAGS');
  const [filter, setFilter] = useState('');
  return (
    <Answered what="The flags" answer={answer} lines={12}>
      {({ get_flags }) => {
        const flags = get_flags?.flags ?? [];
        const shown = flags.filter(({ name, value }) => `${name}=${value ?? ''}`.includes(filter));
        return (
          <>
            <div className="filter">
              <input
                type="search"
                aria-label="Find flags"
                placeholder="flags that contain …"
                value={filter}
                onChange={event => setFilter(event.target.value)}
              />
            </div>
            <p className="table-count" role="status">
              {shown.length} of {flags.length} flags
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
              <Notice title="No flag contains this">
                <button type="button" onClick={() => setFilter('')}>
                  Show all
                </button>
              </Notice>
            )}
          </>
        );
      }}
    </Answered>
  );
}
