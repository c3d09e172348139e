import { useEffect, useState } from 'react';

/** Returns the time, milliseconds since the epoch, which changes every so often. */
export function useNow(everyMs = 1000): number {
  const [now, setNow] = useState(current);
  useEffect(() => {
    const timer = setInterval(() => setNow(current()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

const current = () => performance.timeOrigin + performance.now();
