import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { addresses } from '../addresses.ts';
import { FilterBox } from '../ui/filter-box.tsx';
import { count, duration } from '../ui/format.ts';
import { Notice, Skeleton } from '../ui/notice.tsx';
import type { HeldOffer, HeldOffers } from '../why/answer.ts';
import { AnswerStatus, AnswerTrouble } from '../why/answer-status.tsx';
import { resourcesText, withText } from '../why/offers.ts';
import { useAnswer } from '../why/use-answer.ts';
import type { TableSearch } from './search.ts';

/** How often offers are asked for: they are not in the master's events. */
const EVERY_MS = 5000;

/** The offers that frameworks hold, and for how long: what they hold, nobody else gets. */
export function OffersPage() {
  const { filter = '' } = useSearch({ strict: false }) as TableSearch;
  const navigate = useNavigate();
  const answered = useAnswer<HeldOffers>('/allocation/offers', EVERY_MS);
  const { answer, problem } = answered;
  const change = (text: string) =>
    void navigate({ to: '.', search: { filter: text || undefined } as never, replace: true });
  const shown = withText(answer?.offers ?? [], filter);
  return (
    <>
      <h1>Offers</h1>
      {answer === undefined ? (
        problem ? (
          <AnswerTrouble of={answered} attempt="The offers cannot be shown" />
        ) : (
          <Skeleton label="Loading offers" />
        )
      ) : (
        <div className="answer" data-old={problem !== undefined}>
          <FilterBox
            label="Filter offers"
            example="a framework, role, host or id"
            value={filter}
            problems={[]}
            onChange={change}
          />
          <p className="table-count" role="status">
            {summary(shown.length, answer)}
          </p>
          <AnswerStatus of={answered} />
          {shown.length > 0 ? (
            <OffersTable offers={shown} />
          ) : answer.total === 0 ? (
            <Notice title="No offers">
              <p>No framework holds an offer now. Nothing free is kept from others by offers.</p>
              <Link to={addresses.why()}>Why does a framework get none?</Link>
            </Notice>
          ) : (
            <Notice title="No offer matches this filter">
              <button type="button" onClick={() => change('')}>
                Clear the filter
              </button>
            </Notice>
          )}
        </div>
      )}
    </>
  );
}

function summary(shown: number, { total, offers }: HeldOffers): string {
  const oldest = total > offers.length ? `; the ${count(offers.length, 'oldest one')} are here` : '';
  return `${shown === total ? '' : `${shown.toLocaleString('en')} of `}${count(total, 'offer')}${oldest}`;
}

function OffersTable({ offers }: { readonly offers: readonly HeldOffer[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by keyboard
    <section className="table-scroller" tabIndex={0} aria-label="Offers, scrollable">
      <table className="plain-table" aria-label="Offers">
        <thead>
          <tr>
            {['Offer', 'Framework', 'Role', 'Agent', 'Resources', 'Held for', 'Ends in'].map(title => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {offers.map(offer => (
            <tr key={offer.id}>
              <td>
                <span title={offer.id}>{offer.id.replace(/^.*-/, '')}</span>
              </td>
              <td>
                <Link to={addresses.framework(offer.framework_id)} title={offer.framework_id}>
                  {offer.framework_name || offer.framework_id}
                </Link>
              </td>
              <td>{offer.role}</td>
              <td>
                <Link to={addresses.agent(offer.agent_id)} title={offer.agent_id}>
                  {offer.hostname ?? offer.agent_id}
                </Link>
              </td>
              <td>{resourcesText(offer.resources)}</td>
              <td>{duration(offer.held_seconds)}</td>
              <td>{offer.left_seconds === undefined ? 'no limit' : duration(offer.left_seconds)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
