const longestMs = 60_000;

/**
 * Returns how long to wait before a try to register, in milliseconds: a random part of the factor, doubled with every
 * try, at most a minute.
 *
 * @param tries how many there were since the master was detected.
 * @param random of [0, 1).
 * @see Mesos src/slave/slave.cpp, Slave::detected and Slave::doReliableRegistration
 */
export function backoffMs(factorMs: number, tries: number, random: number): number {
  return random * Math.min(factorMs * 2 ** tries, longestMs);
}
