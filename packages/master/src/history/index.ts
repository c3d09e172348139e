/** What the headline metrics of a master were. */
export { History } from './history.ts';
export { historyRoute } from './route.ts';
export { sampleMetrics } from './sampler.ts';
export { masterSeries } from './series.ts';
