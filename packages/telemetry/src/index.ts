export { createLogger, type Logger, type LogOptions } from './log/logger.ts';
export { isSecretName, redact, redacted, redactUrl } from './log/redact.ts';
export { startFields } from './log/start-fields.ts';
export { Verbosity } from './log/verbosity.ts';
export type { Counter, Gauge, Histogram, Reading } from './metrics/metric.ts';
export { Metrics } from './metrics/metrics.ts';
export { ScopedMetrics } from './metrics/scoped-metrics.ts';
export { addEventLoopMetrics, addSystemMetrics, systemStats } from './metrics/system.ts';
