import { amount } from './format.ts';
import { Meter } from './meter.tsx';

const titles = { cpus: 'CPUs', mem: 'Memory', disk: 'Disk', gpus: 'GPUs' } as const;
type Amounts = Readonly<Record<keyof typeof titles, number>>;

/** Shows how much of each resource is used. GPUs are left out where there are none. */
export function ResourceMeters({ used, total }: { readonly used: Amounts; readonly total: Amounts }) {
  const names = (Object.keys(titles) as (keyof typeof titles)[]).filter(name => name !== 'gpus' || total.gpus > 0);
  return (
    <div className="meters">
      <div className="meters-grid">
        {names.map(name => (
          <Meter
            key={name}
            label={titles[name]}
            used={used[name]}
            total={total[name]}
            format={value => amount(name, value)}
          />
        ))}
      </div>
    </div>
  );
}
