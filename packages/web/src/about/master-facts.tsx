import type { MasterResponse } from '@meseta/protocol/browser';
import { useAnswer } from '../answers/use-answer.ts';
import { WhenAnswered } from '../answers/when-answered.tsx';
import { query } from '../requests/operator-api.ts';
import { Poll } from '../requests/poll.ts';
import { useNow } from '../ui/clock.ts';
import { Facts } from '../ui/facts.tsx';
import { duration, moment } from '../ui/format.ts';

/** Asks the master for what seldom changes. */
export const pollOf = (type: 'GET_MASTER' | 'GET_VERSION' | 'GET_FLAGS') =>
  new Poll<MasterResponse>({ everyMs: 60_000, ask: signal => query({ type }, signal) });

const master = pollOf('GET_MASTER');
const version = pollOf('GET_VERSION');

/** Which master leads, and since when. */
export function MasterFacts() {
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

/** What the master was built from. */
export function VersionFacts() {
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

/** The leading master in short. */
export function LeaderFacts() {
  const answer = useAnswer(master);
  const [now, built] = [useNow(60_000), useAnswer(version)];
  return (
    <WhenAnswered what="The master" answer={answer} lines={3}>
      {({ get_master: { master_info: info, elected_time } = {} }) => (
        <Facts
          of={{
            'Leading master': info && `${info.hostname ?? ''}:${info.port}`,
            'Leads since': elected_time && moment(elected_time, now),
            Version: built.answer?.get_version?.version_info.version,
          }}
        />
      )}
    </WhenAnswered>
  );
}
