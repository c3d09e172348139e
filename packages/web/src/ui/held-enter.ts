import type { KeyboardEvent } from 'react';

/**
 * Lets Enter act once for each time that it is pressed. Browsers repeat it while it is held: a button would open a dialogue, the
 * dialogue would be sent, and its button would open it again.
 */
export function ignoreHeldEnter(event: KeyboardEvent): void {
  const isText = event.target instanceof HTMLTextAreaElement;
  if (event.key === 'Enter' && event.repeat && !isText) event.preventDefault();
}
