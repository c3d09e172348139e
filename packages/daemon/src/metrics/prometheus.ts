/** Prometheus's text format: Mesos's path-like names become families, with labels where a part of the name is data. */
import { Counter, type Metric, readValue, Timer } from './metric.ts';

/** A family's name and the labels of one member of it. */
interface Sample {
  readonly family: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Names with data in them. Named groups become labels; the rest, in order, becomes the family. */
const patterns: readonly RegExp[] = [
  /^master\/frameworks\/(?<framework>[^/]*)\/(?<framework_id>[^/]+)\/roles\/(?<role>.+)\/[^/]+$/d,
  /^master\/frameworks\/(?<framework>[^/]*)\/(?<framework_id>[^/]+)\/.+$/d,
  /^frameworks\/(?<principal>.+)\/messages_[a-z]+$/d,
  /^allocator\/mesos\/quota\/roles\/(?<role>.*)\/resources\/(?<resource>[^/]+)\/[^/]+$/d,
  /^allocator\/mesos\/offer_filters\/roles\/(?<role>.+)\/active$/d,
  /^allocator\/mesos\/roles\/(?<role>.+)\/shares\/dominant$/d,
  /^allocator\/mesos\/resources\/(?<resource>[^/]+)\/[^/]+$/d,
  /^(?:master|slave)\/task_[a-z_]+\/source_(?<source>[a-z_]+)\/reason_(?<reason>[a-z0-9_]+)$/d,
];

const sanitize = (name: string) => name.replace(/[^a-zA-Z0-9_]+/g, '_').replace(/^(?=\d)/, '_');

/** A name with its data replaced by the labels' names: `master/frameworks/{framework}/{framework_id}/events`. */
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

/** Splits a Mesos name into family and labels. */
export function prometheusName(name: string): Sample {
  const match = matchOf(name);
  const fixed = template(name, match).replace(/(source_|reason_)?\{[a-z_]+\}/g, '');
  return { family: sanitize(fixed.replace(/\/+$/, '')), labels: { ...match?.groups } };
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const quoted = (value: string) => value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${quoted(value)}"`);
  return pairs.length > 0 ? `{${pairs.join(',')}}` : '';
}

/** The sample lines of one metric; none when it has no finite value now. */
function lines({ family, labels }: Sample, metric: Metric): string[] {
  if (metric instanceof Timer) {
    const quantiles = Object.entries(metric.statistics()?.percentiles ?? {}).map(
      ([name, value]) =>
        `${family}${labelText({ ...labels, quantile: String(Number(`0.${name.slice(1)}`)) })} ${value}`,
    );
    const text = labelText(labels);
    return [...quantiles, `${family}_sum${text} ${metric.sum}`, `${family}_count${text} ${metric.count}`];
  }
  const value = readValue(metric);
  return value === undefined || !Number.isFinite(value) ? [] : [`${family}${labelText(labels)} ${value}`];
}

/** All metrics as text, families together and sorted, each with HELP and TYPE. */
export function prometheusText(metrics: Iterable<Metric>): string {
  const families = new Map<string, { help: string; type: string; lines: string[] }>();
  for (const metric of metrics) {
    const sample = prometheusName(metric.name);
    const type = metric instanceof Timer ? 'summary' : metric instanceof Counter ? 'counter' : 'gauge';
    // Two kinds under one family cannot be told to Prometheus: the second goes under a name of its own.
    const clash = families.get(sample.family);
    const family = clash && clash.type !== type ? `${sample.family}_${type}` : sample.family;
    const entry = families.get(family) ?? { help: template(metric.name, matchOf(metric.name)), type, lines: [] };
    entry.lines.push(...lines({ ...sample, family }, metric));
    families.set(family, entry);
  }
  const sorted = [...families].filter(([, { lines }]) => lines.length > 0).sort(([a], [b]) => (a < b ? -1 : 1));
  const texts = sorted.map(([family, { help, type, lines }]) => {
    const meaning = help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
    return `# HELP ${family} Mesos metric ${meaning}\n# TYPE ${family} ${type}\n${lines.join('\n')}\n`;
  });
  return texts.join('');
}
