import { useLocation } from '@tanstack/react-router';

/** Links to the parts of a page, of which each has its address; the first one has that without `?tab=`. */
export function Tabs<T extends string>(props: {
  /** `Parts of the task`. */
  readonly label: string;
  /** Names in the address to titles, in their order. */
  readonly titles: Readonly<Record<T, string>>;
  readonly current: T;
  /** Sentences: what in the address means nothing. */
  readonly problems: readonly string[];
}) {
  const { label, titles, current, problems } = props;
  const [path] = useLocation().href.split('?', 1);
  return (
    <>
      <nav className="tabs" aria-label={label}>
        {Object.keys(titles).map((tab, index) => (
          <a
            key={tab}
            href={`#${path}${index === 0 ? '' : `?tab=${tab}`}`}
            aria-current={tab === current ? 'page' : undefined}
          >
            {titles[tab as T]}
          </a>
        ))}
      </nav>
      {problems.map(problem => (
        <p key={problem} className="address-problem" role="status">
          {problem}. It is left out.
        </p>
      ))}
    </>
  );
}
