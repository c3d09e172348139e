/** For tests and benchmarks of what uses containers. */
export { Fetcher } from '../fetcher/fetcher.ts';
export { IsolatorChain } from '../mesos/isolators/isolator-chain.ts';
export { FakeContainerizer } from './fake-containerizer.ts';
export { type FakeBehaviour, type FakeContainer, FakeMachine } from './fake-machine.ts';
