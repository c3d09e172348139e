import { useState } from 'react';
import { getJson, RequestProblem } from '../requests/get-json.ts';
import { usePoll } from '../requests/use-poll.ts';
import { type HistoryAnswer, type HistoryData, type HistoryWindow, mergeHistory } from './history-data.ts';

/** How often pages ask, in milliseconds: once in each slot. */
const everyMs: Readonly<Record<HistoryWindow, number>> = { '1h': 5000, '24h': 60_000 };

/** What is known of a history. */
export interface KnownHistory {
  /** Undefined: the master has not answered yet. It stays when a later request fails. */
  readonly data: HistoryData | undefined;
  /** Why the last request failed; undefined: it did not. */
  readonly problem: Error | undefined;
}

/** Follows what metrics were in a window. The first answer has all of it, later ones what is new. */
export function useHistory(names: readonly string[], window: HistoryWindow): KnownHistory {
  const key = `${window} ${names.join(',')}`;
  const [known, setKnown] = useState<KnownHistory & { readonly key: string }>();
  const current = known?.key === key ? known : undefined;
  usePoll(names.length === 0 ? '' : key, everyMs[window], async signal => {
    if (names.length === 0) return;
    const since = current?.data && { since: String(current.data.until) };
    const query = new URLSearchParams({ names: names.join(','), window, ...since });
    try {
      const answer = await getJson<HistoryAnswer>(`/ui/history?${query}`, signal);
      setKnown(before => ({
        key,
        data: mergeHistory(before?.key === key ? before.data : undefined, answer),
        problem: undefined,
      }));
    } catch (error) {
      if (!signal.aborted) setKnown(before => ({ key, data: before?.data, problem: asError(error) }));
      throw error;
    }
  });
  return { data: current?.data, problem: current?.problem };
}

const asError = (error: unknown) => (error instanceof Error ? error : new RequestProblem(String(error)));
