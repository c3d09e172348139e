import { networkInterfaces } from 'node:os';
import type { Environment } from '../config/configuration.ts';

/**
 * Returns the address at which other machines reach this one: CLOUD_PUBLIC_IP, else the agent's address, else the first
 * IPv4 address that is not loopback.
 */
export function hostAddress({ CLOUD_PUBLIC_IP, LIBPROCESS_IP }: Environment): string {
  if (CLOUD_PUBLIC_IP) return CLOUD_PUBLIC_IP;
  if (LIBPROCESS_IP && LIBPROCESS_IP !== '0.0.0.0') return LIBPROCESS_IP;
  const addresses = Object.values(networkInterfaces()).flatMap(list => list ?? []);
  return addresses.find(({ internal, family }) => !internal && family === 'IPv4')?.address ?? '127.0.0.1';
}
