import { useEffect, useState } from 'react';

/** Returns the principal of the user, where the page can learn it; undefined: not known, or nobody. */
export function usePrincipal(isWanted: boolean): string | undefined {
  const [principal, setPrincipal] = useState<string>();
  useEffect(() => {
    if (!isWanted) return;
    const ended = new AbortController();
    readPrincipal(ended.signal).then(setPrincipal, () => undefined); // the form works without it
    return () => ended.abort();
  }, [isWanted]);
  return principal;
}

async function readPrincipal(signal: AbortSignal): Promise<string | undefined> {
  const response = await fetch('/ui/session', { signal, credentials: 'same-origin' });
  if (!response.ok) return undefined;
  return ((await response.json()) as { principal?: string | null }).principal ?? undefined;
}
