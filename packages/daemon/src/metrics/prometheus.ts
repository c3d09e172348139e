/** Prometheus's text format: Mesos's path-like names become families, with labels where a part of the name is data. */
import { Counter, type Metric, readValue, Timer } from './metric.ts';

/** A family's name and the labels of one member of it. */
interface Sample {
  readonly family: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Names with data in them. Named groups become labels; the rest, in order, becomes the family. */
const patterns: readonly RegExp[] = [
  /^master\/frameworks\/(?<framework>[^/]*)\/(?<framework_id>[^/]+)\/roles\/(?<role>.+)\/[^/]+$/,
  /^master\/frameworks\/(?<framework>[^/]*)\/(?<framework_id>[^/]+)\/.+$/,
  /^frameworks\/(?<principal>.+)\/messages_[a-z]+$/,
  /^allocator\/mesos\/quota\/roles\/(?<role>.*)\/resources\/(?<resource>[^/]+)\/[^/]+$/,
  /^allocator\/mesos\/offer_filters\/roles\/(?<role>.+)\/active$/,
  /^allocator\/mesos\/roles\/(?<role>.+)\/shares\/dominant$/,
  /^allocator\/mesos\/resources\/(?<resource>[^/]+)\/[^/]+$/,
  /^(?:master|slave)\/task_[a-z_]+\/source_(?<source>[a-z_]+)\/reason_(?<reason>[a-z0-9_]+)$/,
];

const sanitize = (name: string) => name.replace(/[^a-zA-Z0-9_]+/g, '_').replace(/^(?=\d)/, '_');

/** Splits a Mesos name into family and labels. */
export function prometheusName(name: string): Sample {
  for (const pattern of patterns) {
    const match = pattern.exec(name);
    if (!match?.groups) continue;
    let family = name;
    for (const value of Object.values(match.groups)) {
      const at = family.indexOf(`/${value}/`, family.indexOf('/'));
      if (at >= 0) family = family.slice(0, at) + family.slice(at + value.length + 1);
    }
    return { family: sanitize(family), labels: { ...match.groups } };
  }
  return { family: sanitize(name), labels: {} };
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
    const entry = families.get(family) ?? { help: metric.name, type, lines: [] };
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
