import { useCallback, useMemo, useState } from 'react';
import { useAnswer } from '../answers/use-answer.ts';
import { type Absence, FileTrouble } from '../logs/file-trouble.tsx';
import { downloadUrl } from '../logs/read-range.ts';
import { Poll } from '../requests/poll.ts';
import { getJson } from '../requests/request.ts';
import type { ColumnSpec } from '../ui/body-row.tsx';
import { DataTable, type Sorting } from '../ui/data-table.tsx';
import { bytes } from '../ui/format.ts';
import { timeAt } from '../ui/moment.tsx';
import { Notice, Skeleton } from '../ui/notice.tsx';
import { browseUrl, type Listing, readListing, sortedListing } from './listing.ts';

/** What a directory of an agent holds. Give it the path as `key`, too. */
export function Directory(props: {
  readonly agentId: string;
  readonly path: string;
  readonly onDirectory: (name: string) => void;
  readonly onFile: (name: string) => void;
  /** Shown when the directory is not there. */
  readonly absence: Absence;
}) {
  const { agentId, path, onDirectory, onFile, absence } = props;
  const poll = useMemo(() => listingOf(agentId, path), [agentId, path]);
  const { answer: listing, problem, refresh } = useAnswer(poll);
  const [sorting, setSorting] = useState<Sorting>({ sort: 'name', descending: false });
  const columns = useMemo(
    () => columnsOf({ agentId, path, onDirectory, onFile }),
    [agentId, path, onDirectory, onFile],
  );
  const rows = useMemo(() => sortedListing(listing ?? [], sorting), [listing, sorting]);
  const onRange = useCallback(() => undefined, []);
  if (listing === undefined && problem === undefined)
    return <Skeleton label="Loading the directory" waitsFor="The agent" />;
  return (
    <>
      {problem && <FileTrouble thing="directory" problem={problem} absence={absence} onRetry={refresh} />}
      {listing && (
        <>
          <p className="table-count" role="status">
            {listing.length.toLocaleString('en')} {listing.length === 1 ? 'entry' : 'entries'}{' '}
            <button type="button" onClick={refresh}>
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
  readonly onDirectory: (name: string) => void;
  readonly onFile: (name: string) => void;
}): readonly ColumnSpec[] {
  const { agentId, path, onDirectory, onFile } = parts;
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
      render: ({ mtime }, nowMs) => timeAt(Number(mtime), nowMs),
    },
    { name: 'mode', title: 'Mode', width: '12ch', render: ({ mode }) => <code>{mode}</code> },
    {
      ...{ name: 'owner', title: 'Owner', width: 'minmax(14ch, 1fr)' },
      render: ({ owner }) => owner,
      titleOf: ({ owner }) => String(owner ?? ''),
    },
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

const listingOf = (agentId: string, path: string) =>
  new Poll<Listing>({ ask: async signal => readListing(await getJson(browseUrl(agentId, path), signal)) });
