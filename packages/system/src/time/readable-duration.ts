const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000] as const;

/** Formats a duration for people, in whole seconds: `2h`, `1h30m`, `59m59s`, `1d12h`, `0s`. */
export function readableDuration(durationMs: number): string {
  let left = Math.max(0, Math.round(durationMs / second)) * second;
  const parts = Object.entries({ d: day, h: hour, m: minute, s: second }).map(([unit, factor]) => {
    const count = Math.floor(left / factor);
    left -= count * factor;
    return count > 0 ? `${count}${unit}` : '';
  });
  return parts.join('') || '0s';
}
