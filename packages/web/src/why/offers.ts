import { own } from '@meseta/protocol/own';
import { megabytes, trimmed } from '../ui/format.ts';
import type { Amounts, HeldOffer } from './answer.ts';

/** Returns the offers that contain each word of a text in any of their names and ids. Case does not matter. */
export function withText(offers: readonly HeldOffer[], text: string): readonly HeldOffer[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return offers;
  return offers.filter(({ id, framework_id, framework_name, role, hostname, agent_id }) => {
    const all = [id, framework_id, framework_name, role, hostname, agent_id].join('\n').toLowerCase();
    return words.every(word => all.includes(word));
  });
}

const units: Readonly<Record<string, (amount: number) => string>> = {
  cpus: amount => `${trimmed(amount)} CPU${amount === 1 ? '' : 's'}`,
  mem: amount => `${megabytes(amount)} memory`,
  disk: amount => `${megabytes(amount)} disk`,
  gpus: amount => `${trimmed(amount)} GPU${amount === 1 ? '' : 's'}`,
};

/** Returns amounts as people read them: `4 CPUs, 1 GB memory`. */
export function resourcesText(amounts: Amounts): string {
  return Object.entries(amounts)
    .map(([name, amount]) => own(units, name)?.(amount) ?? `${trimmed(amount)} ${name}`)
    .join(', ');
}
