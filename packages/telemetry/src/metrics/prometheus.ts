/**
 * Formats metrics for Prometheus: Mesos's path-like names become families, with labels where a part of the name is
 * data.
 */
import { Counter, Histogram, type Metric, type Reading, readValue, Timer } from './metric.ts';

/** The name and labels of a metric in Prometheus. Computed once, because that is slower than reading the value. */
interface Description {
  readonly family: string;
  /** The labels, `{role="a"}`, or an empty text. */
  readonly labels: string;
  /** The Mesos name, in which the labels' names replace the data. */
  readonly template: string;
}

type Type = 'counter' | 'gauge' | 'histogram' | 'summary';

/** Patterns of names that contain data. Named groups become labels; the rest, in order, becomes the family. */
const patterns: readonly RegExp[] = [
  /^master\/frameworks\/(?<framework>[^/]*)\/(?<framework_id>[^/]+)\/roles\/(?<role>.+)\/[^/]+$/d,
  /^master\/frameworks\/(?<framework>[^/]*)\/(?<framework_id>[^/]+)\/.+$/d,
  /^frameworks\/(?<principal>.+)\/messages_[a-z]+$/d,
  /^modules\/(?<module>[^/]+)\/(?<method>[^/]+)\/[^/]+$/d,
  /^allocator\/mesos\/quota\/roles\/(?<role>.*)\/resources\/(?<resource>[^/]+)\/[^/]+$/d,
  /^allocator\/mesos\/offer_filters\/roles\/(?<role>.+)\/active$/d,
  /^allocator\/mesos\/roles\/(?<role>.+)\/shares\/dominant$/d,
  /^allocator\/mesos\/resources\/(?<resource>[^/]+)\/[^/]+$/d,
  /^(?:master|slave)\/task_[a-z_]+\/source_(?<source>[a-z_]+)\/reason_(?<reason>[a-z0-9_]+)$/d,
];

const sanitize = (name: string) => name.replace(/[^a-zA-Z0-9_]+/g, '_').replace(/^(?=\d)/, '_');

/**
 * Returns a name in which the labels' names replace the data: `master/frameworks/{framework}/{framework_id}/events`.
 */
function template(name: string, match: RegExpExecArray | undefined): string {
  const spans = Object.entries(match?.indices?.groups ?? {}).sort(([, [a]], [, [b]]) => b - a);
  return spans.reduce((text, [label, [start, end]]) => `${text.slice(0, start)}{${label}}${text.slice(end)}`, name);
}

function matchOf(name: string): RegExpExecArray | undefined {
  for (const pattern of patterns) {
    const match = pattern.exec(name);
    if (match) return match;
  }
  return undefined;
}

/** Splits a Mesos name into a family and labels. */
export function prometheusName(name: string): { family: string; labels: Readonly<Record<string, string>> } {
  const match = matchOf(name);
  const fixed = template(name, match).replace(/(source_|reason_)?\{[a-z_]+\}/g, '');
  return { family: sanitize(fixed.replace(/\/+$/, '')), labels: { ...match?.groups } };
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const quoted = (value: string) => value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${quoted(value)}"`);
  return pairs.length > 0 ? `{${pairs.join(',')}}` : '';
}

const descriptions = new WeakMap<Metric, Description>();

function describe(metric: Metric): Description {
  const known = descriptions.get(metric);
  if (known) return known;
  const { family, labels } = prometheusName(metric.name);
  const help = template(metric.name, matchOf(metric.name)).replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  const description = { family, labels: labelText(labels), template: help };
  descriptions.set(metric, description);
  return description;
}

function typeOf(metric: Metric): Type {
  if (metric instanceof Timer) return metric instanceof Histogram ? 'histogram' : 'summary';
  return metric instanceof Counter ? 'counter' : 'gauge';
}

/** Returns the sample lines of one metric; empty when it has no finite value. */
function samples(family: string, labels: string, metric: Metric, reading: Reading): string {
  if (!(metric instanceof Timer)) {
    const value = readValue(metric, reading);
    return value === undefined || !Number.isFinite(value) ? '' : `${family}${labels} ${value}\n`;
  }
  const parts = metric instanceof Histogram ? bucketsOf(family, labels, metric) : quantilesOf(family, labels, metric);
  return `${parts.join('')}${family}_sum${labels} ${metric.sum}\n${family}_count${labels} ${metric.count}\n`;
}

function quantilesOf(family: string, labels: string, timer: Timer): string[] {
  return Object.entries(timer.statistics()?.percentiles ?? {}).map(
    ([name, value]) => `${family}${withLabel(labels, 'quantile', Number(`0.${name.slice(1)}`))} ${value}\n`,
  );
}

function bucketsOf(family: string, labels: string, histogram: Histogram): string[] {
  return [...histogram.buckets(), ['+Inf', histogram.count] as const].map(
    ([bound, count]) => `${family}_bucket${withLabel(labels, 'le', bound)} ${count}\n`,
  );
}

function withLabel(labels: string, name: string, value: string | number): string {
  const label = `${name}="${value}"}`;
  return labels === '' ? `{${label}` : labels.replace(/\}$/, `,${label}`);
}

/**
 * Formats all metrics in a reading, sorted by family, each family with HELP and TYPE. The text comes in pieces, some of them empty,
 * so that other work can run between them.
 *
 * @param steps come before anything is read.
 */
export function* prometheusText(
  metrics: Iterable<Metric>,
  reading: Reading,
  steps: Iterable<unknown>,
): Generator<string> {
  for (const _ of steps) yield '';
  const families = new Map<string, { type: Type; help: string; members: Metric[] }>();
  for (const metric of metrics) {
    const { family, template: help } = describe(metric);
    const type = typeOf(metric);
    // A family can have metrics of one kind only; those of another kind get a different name.
    const clash = families.get(family);
    const name = clash && clash.type !== type ? `${family}_${type}` : family;
    const entry = families.get(name);
    if (entry) entry.members.push(metric);
    else families.set(name, { type, help, members: [metric] });
    yield '';
  }
  for (const [family, { type, help, members }] of [...families].sort(([a], [b]) => (a < b ? -1 : 1))) {
    let heading = `# HELP ${family} Mesos metric ${help}\n# TYPE ${family} ${type}\n`;
    for (const metric of members) {
      const text = samples(family, describe(metric).labels, metric, reading);
      if (text === '') continue;
      yield heading + text;
      heading = '';
    }
  }
}
