/** The words of a problem that is of the whole form; they can be focused by the page, and not by the Tab key. */
export const formProblem = { className: 'form-problem', role: 'alert', tabIndex: -1 } as const;

/** Moves the focus to what is wrong in a form: its first field with a problem, or else the problem of the whole form. */
export function focusProblem(form: HTMLElement | null): void {
  const field = form?.querySelector<HTMLElement>('[aria-invalid="true"]');
  (field ?? form?.querySelector<HTMLElement>(`.${formProblem.className}[tabindex]`))?.focus();
}
