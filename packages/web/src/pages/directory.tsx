import { useCallback, useEffect, useMemo, useState } from 'react';
import { browseUrl, type Listing, readListing, sortedListing } from '../files/listing.ts';
import { LogProblem } from '../logs/log-reader.ts';
import { downloadUrl } from '../logs/read-range.ts';
import { masterFetch } from '../session/master-fetch.ts';
import { useNow } from '../ui/clock.ts';
import { type ColumnSpec, DataTable, type Sorting } from '../ui/data-table.tsx';
import { bytes, moment } from '../ui/format.ts';
import { Notice, Skeleton } from '../ui/notice.tsx';

/** What is known of a directory: the last listing stays when the next one fails. */
interface Known {
  readonly listing: Listing | undefined;
  readonly problem: LogProblem | undefined;
}

const unknown: Known = { listing: undefined, problem: undefined };

/** What a directory of an agent holds. Give it the path as `key`, too. */
export function Directory(props: {
  readonly agentId: string;
  readonly path: string;
  readonly onDirectory: (name: string) => void;
  readonly onFile: (name: string) => void;
}) {
  const { agentId, path, onDirectory, onFile } = props;
  const { known, again } = useListing(agentId, path);
  const [sorting, setSorting] = useState<Sorting>({ sort: 'name', descending: false });
  const now = useNow(60_000);
  const columns = useMemo(
    () => columnsOf({ agentId, path, now, onDirectory, onFile }),
    [agentId, path, now, onDirectory, onFile],
  );
  const rows = useMemo(() => sortedListing(known.listing ?? [], sorting), [known.listing, sorting]);
  const onRange = useCallback(() => undefined, []);
  const { listing, problem } = known;
  if (listing === undefined && problem === undefined) return <Skeleton label="Loading the directory" />;
  return (
    <>
      {problem && <Trouble problem={problem} onAgain={again} />}
      {listing && (
        <>
          <p className="table-count" role="status">
            {listing.length.toLocaleString('en')} {listing.length === 1 ? 'entry' : 'entries'}{' '}
            <button type="button" onClick={again}>
              Read it again
            </button>
          </p>
          {rows.length === 0 ? (
            <Notice title="The directory is empty">
              <p>What the task writes to it appears when it is read again.</p>
            </Notice>
          ) : (
            <DataTable
              label="Files"
              columns={columns}
              window={{ lines: rows.length, offset: 0, rows }}
              sorting={sorting}
              onSort={setSorting}
              onRange={onRange}
            />
          )}
        </>
      )}
    </>
  );
}

function columnsOf(parts: {
  readonly agentId: string;
  readonly path: string;
  readonly now: number;
  readonly onDirectory: (name: string) => void;
  readonly onFile: (name: string) => void;
}): readonly ColumnSpec[] {
  const { agentId, path, now, onDirectory, onFile } = parts;
  return [
    {
      ...{ name: 'name', title: 'Name', width: 'minmax(18ch, 3fr)' },
      render: ({ name, kind }) => {
        const open = kind === 'directory' ? onDirectory : kind === 'file' ? onFile : undefined;
        const shown = kind === 'directory' ? `${name}/` : String(name);
        if (!open) return shown;
        return (
          <button type="button" className="link" onClick={() => open(String(name))}>
            {shown}
          </button>
        );
      },
    },
    {
      ...{ name: 'size', title: 'Size', width: 'minmax(9ch, 1fr)', align: 'end' },
      render: ({ kind, size }) => (kind === 'directory' ? '' : bytes(Number(size))),
    },
    {
      ...{ name: 'mtime', title: 'Modified', width: 'minmax(20ch, 1fr)' },
      render: ({ mtime }) => moment(Number(mtime), now),
    },
    { name: 'mode', title: 'Mode', width: '12ch', render: ({ mode }) => <code>{mode}</code> },
    { name: 'owner', title: 'Owner', width: 'minmax(12ch, 1fr)', render: ({ owner }) => owner },
    {
      ...{ name: 'kind', title: 'Kind', width: 'minmax(12ch, 1fr)' },
      render: ({ kind, name }) =>
        kind === 'file' ? (
          <a href={downloadUrl(agentId, `${path}/${name}`)} download aria-label={`Download ${name}`}>
            Download
          </a>
        ) : (
          kind
        ),
    },
  ];
}

/** Returns the listing of a directory, and what reads it again. */
function useListing(agentId: string, path: string): { readonly known: Known; readonly again: () => void } {
  const [known, setKnown] = useState(unknown);
  const [turn, setTurn] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each turn reads it again
  useEffect(() => {
    const ended = new AbortController();
    void fetchListing(browseUrl(agentId, path), ended.signal).then(
      listing => setKnown({ listing, problem: undefined }),
      (error: unknown) => {
        if (ended.signal.aborted) return;
        const problem = error instanceof LogProblem ? error : new LogProblem(`The master cannot be reached: ${error}`);
        setKnown(({ listing }) => ({ listing, problem }));
      },
    );
    return () => ended.abort();
  }, [agentId, path, turn]);
  return { known, again: () => setTurn(last => last + 1) };
}

async function fetchListing(url: string, signal: AbortSignal): Promise<Listing> {
  const response = await masterFetch(url, { headers: { Accept: 'application/json' }, signal });
  if (response.ok) return readListing(await response.json());
  const code = response.headers.get('Meseta-Error');
  throw new LogProblem((await response.text()).slice(0, 1000) || `${response.status} ${response.statusText}`, {
    status: response.status,
    ...(code && { code }),
  });
}

function Trouble({ problem, onAgain }: { readonly problem: LogProblem; readonly onAgain: () => void }) {
  const { status, code, message } = problem;
  const isGone = status === 404 && code !== 'AGENT_NOT_FOUND';
  const isAway = code === 'AGENT_NOT_FOUND' || status === 502 || status === 504;
  const title = isGone
    ? 'The directory is not there: it never was, or its sandbox was garbage-collected'
    : isAway
      ? 'The agent cannot be reached'
      : 'The directory cannot be read';
  return (
    <Notice kind="alert" title={title}>
      <p>
        {message} <code>{code}</code>
      </p>
      <button type="button" onClick={onAgain}>
        Try again
      </button>
    </Notice>
  );
}
