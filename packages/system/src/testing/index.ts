export { between, CutNetwork, type Direction, oneWay, type Place, thisMachine } from './cut-network.ts';
export { eventually } from './eventually.ts';
export { FakeClock } from './fake-clock.ts';
export { freePort } from './free-port.ts';
export { all, type Need, needs } from './needs.ts';
export { inOwnNetwork, testInOwnNetwork } from './own-network.ts';
