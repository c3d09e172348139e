import { useEffect, useState } from 'react';
import { currentTime } from '../time.ts';

/** Returns the time, milliseconds since the epoch, which changes every so often. */
export function useNow(everyMs = 1000): number {
  const [now, setNow] = useState(currentTime);
  useEffect(() => {
    const timer = setInterval(() => setNow(currentTime()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
