import type { Labels } from '@meseta/protocol/browser';
import { ShowMore } from './show-more.tsx';

/** How many are shown at first. */
const FIRST = 20;

/** Lists labels, `key=value`. */
export function LabelList({ labels: { labels = [] } = {} }: { readonly labels: Labels | undefined }) {
  return (
    <ShowMore
      total={labels.length}
      first={FIRST}
      words={hidden => `Show the other ${hidden.toLocaleString('en')} labels`}
      show={(shown, more) => (
        <>
          <ul className="labels" aria-label="Labels">
            {labels.slice(0, shown).map(({ key, value }, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a key may be there twice, and they never move
              <li key={index}>{value === undefined ? key : `${key}=${value}`}</li>
            ))}
          </ul>
          {more}
        </>
      )}
    />
  );
}
