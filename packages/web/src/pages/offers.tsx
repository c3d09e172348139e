import { Link, useLocation, useNavigate, useSearch } from '@tanstack/react-router';
import { addresses } from '../addresses.ts';
import { useJson } from '../answers/use-answer.ts';
import { AnswerAge, WhenAnswered } from '../answers/when-answered.tsx';
import { PartNote, usePart } from '../permissions/part-note.tsx';
import { FilterBox } from '../ui/filter-box.tsx';
import { count, countOf, duration } from '../ui/format.ts';
import { NoMatch } from '../ui/no-match.tsx';
import { Notice } from '../ui/notice.tsx';
import { PageHeading } from '../ui/page-heading.tsx';
import { PlainTable } from '../ui/plain-table.tsx';
import { type HeldOffer, type HeldOffers, offersShape } from '../why/answer.ts';
import { resourcesText, withText } from '../why/offers.ts';
import { searchProblems, type TableSearch } from './search.ts';

/** How often offers are asked for: they are not in the master's events. */
const EVERY_MS = 5000;

/** The offers that frameworks hold, and for how long: what they hold, no other framework gets. */
export function OffersPage() {
  const { filter = '' } = useSearch({ strict: false }) as TableSearch;
  const navigate = useNavigate();
  const answered = useJson<HeldOffers>('/allocation/offers', offersShape, EVERY_MS);
  const { problem } = answered;
  const change = (text: string) =>
    void navigate({ to: '.', search: { filter: text || undefined } as never, replace: true });
  return (
    <>
      <PageHeading title="Offers" />
      <WhenAnswered what="The offers" answer={answered}>
        {held => (
          <div className="answer" data-old={problem !== undefined}>
            <AnswerAge of={answered} />
            <Offers held={held} filter={filter} onFilter={change} />
          </div>
        )}
      </WhenAnswered>
    </>
  );
}

function Offers(props: {
  readonly held: HeldOffers;
  readonly filter: string;
  readonly onFilter: (filter: string) => void;
}) {
  const { held, filter, onFilter } = props;
  const shown = withText(held.offers, filter);
  const inAddress = useLocation({ select: ({ search }) => search as Readonly<Record<string, unknown>> });
  const hidden = usePart('frameworks');
  return (
    <>
      <FilterBox
        label="Filter offers"
        example="a framework, role, host or id"
        value={filter}
        problems={searchProblems(inAddress, { columns: [], groups: {} })}
        onChange={onFilter}
      />
      <PartNote of="frameworks">Only offers of frameworks that you may see are here</PartNote>
      <p className="table-count" role="status">
        {summary(shown.length, held)}
      </p>
      {shown.length > 0 ? (
        <OffersTable offers={shown} />
      ) : held.total > 0 ? (
        <NoMatch thing="offer" onClear={() => onFilter('')} />
      ) : (
        <Notice title="No offers">
          <p>
            {hidden === undefined
              ? 'No framework holds an offer now. Nothing free is kept from others by offers.'
              : 'No framework that you may see holds an offer now.'}
          </p>
          <Link to={addresses.why()}>Why does a framework get none?</Link>
        </Notice>
      )}
    </>
  );
}

function summary(shown: number, { total, offers }: HeldOffers): string {
  const oldest = total > offers.length ? `; the ${count(offers.length, 'oldest one')} are here` : '';
  return `${countOf(shown, total, 'offer')}${oldest}`;
}

const columns = ['Offer', 'Framework', 'Role', 'Agent', 'Resources', 'Held for', 'Ends in'];

function OffersTable({ offers }: { readonly offers: readonly HeldOffer[] }) {
  return (
    <PlainTable label="Offers" columns={columns}>
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
    </PlainTable>
  );
}
