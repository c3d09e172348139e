/** Returns the time, milliseconds since the epoch, by the browser's clock. */
export const currentTime = (): number => performance.timeOrigin + performance.now();
