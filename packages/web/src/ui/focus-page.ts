/** Whether what the user was at has gone, and the focus is nowhere, or where {@link focusPage} has put it. */
export const isFocusFree = (): boolean => document.activeElement?.matches('body, main, h1') ?? true;

/** Moves the focus to the beginning of a page that has come, from where keys and screen readers go on. */
export function focusPage(): void {
  const main = document.querySelector<HTMLElement>('main');
  (main?.querySelector<HTMLElement>('h1') ?? main)?.focus({ preventScroll: true });
}
