export { eventually } from './eventually.ts';
export { FakeClock } from './fake-clock.ts';
export { freePort } from './free-port.ts';
export { all, type Need, needs } from './needs.ts';
export { testInOwnNetwork } from './own-network.ts';
