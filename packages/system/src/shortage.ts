const codes = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN']);

/** Tells whether an error only says that this process, or the machine, is short of descriptors or memory. It passes. */
export function isShortage(error: unknown): boolean {
  return codes.has(String((error as NodeJS.ErrnoException | undefined)?.code));
}
