import { useMemo } from 'react';
import { type Answer, useAnswer } from '../answers/use-answer.ts';
import { noAnswer, Poll } from '../requests/poll.ts';
import { getJson } from '../requests/request.ts';
import { expectShape } from '../requests/shape.ts';
import {
  type HistoryAnswer,
  type HistoryData,
  type HistoryWindow,
  historyShape,
  mergeHistory,
} from './history-data.ts';

/** How often pages ask, in milliseconds: once in each slot. */
const everyMs: Readonly<Record<HistoryWindow, number>> = { '1h': 5000, '24h': 60_000 };

/** Follows what metrics were in a window. The first answer has all of it, later ones what is new. */
export function useHistory(names: readonly string[], window: HistoryWindow): Answer<HistoryData> {
  const text = names.join(',');
  const poll = useMemo(() => historyOf(text, window), [text, window]);
  return useAnswer(poll, { whileLive: true });
}

/** @param names with commas between them; empty: nothing is asked. */
function historyOf(names: string, window: HistoryWindow): Poll<HistoryData> {
  return new Poll({
    everyMs: everyMs[window],
    async ask(signal, last) {
      if (names === '') return noAnswer();
      const query = new URLSearchParams({ names, window, ...(last && { since: String(last.until) }) });
      const answer = expectShape<HistoryAnswer>(await getJson(`/ui/history?${query}`, signal), historyShape);
      return mergeHistory(last, answer);
    },
  });
}
