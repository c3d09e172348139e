import {
  createHashHistory,
  createRootRoute,
  createRoute,
  createRouter,
  type ErrorComponentProps,
  Link,
  lazyRouteComponent,
  Navigate,
  type RouteComponent,
  useLocation,
} from '@tanstack/react-router';
import { addresses, fromClassic } from './addresses.ts';
import { AgentsPage, FrameworksPage, TasksPage } from './pages/lists.tsx';
import { metricsSearch } from './pages/metrics-search.ts';
import { OverviewPage } from './pages/overview.tsx';
import { placeSearch } from './pages/place.ts';
import { tableSearch } from './pages/search.ts';
import { Shell } from './shell.tsx';
import { Notice } from './ui/notice.tsx';
import { whySearch } from './why/search.ts';

const root = createRootRoute({ component: Shell, notFoundComponent: UnknownPage });

/** A page. Default of what its address may have: the filter and the order of a table. */
const page = <S,>(
  path: string,
  component: RouteComponent,
  validateSearch: (raw: Readonly<Record<string, unknown>>) => S = tableSearch as never,
) => createRoute({ getParentRoute: () => root, path, component, validateSearch });

/** Pages that a browser loads after those that it shows first. */
const later = {
  agent: lazyRouteComponent(() => import('./pages/agent.tsx'), 'AgentPage'),
  framework: lazyRouteComponent(() => import('./pages/framework.tsx'), 'FrameworkPage'),
  roles: lazyRouteComponent(() => import('./pages/roles.tsx'), 'RolesPage'),
  task: lazyRouteComponent(() => import('./pages/task.tsx'), 'TaskPage'),
  run: lazyRouteComponent(() => import('./pages/run.tsx'), 'RunPage'),
  offers: lazyRouteComponent(() => import('./pages/offers.tsx'), 'OffersPage'),
  why: lazyRouteComponent(() => import('./pages/why.tsx'), 'WhyPage'),
  maintenance: lazyRouteComponent(() => import('./pages/maintenance.tsx'), 'MaintenancePage'),
  events: lazyRouteComponent(() => import('./pages/events.tsx'), 'EventsPage'),
  metrics: lazyRouteComponent(() => import('./pages/metrics.tsx'), 'MetricsPage'),
  about: lazyRouteComponent(() => import('./pages/about.tsx'), 'AboutPage'),
};

const routeTree = root.addChildren([
  page('/', OverviewPage),
  page('/agents', AgentsPage),
  page('/agents/$agent', later.agent, raw => ({ ...tableSearch(raw), ...placeSearch(raw) })),
  page('/frameworks', FrameworksPage),
  page('/frameworks/$framework', later.framework),
  page('/roles', later.roles),
  page('/tasks', TasksPage),
  page('/tasks/$framework/$task', later.task, placeSearch),
  page('/run', later.run),
  page('/offers', later.offers),
  page('/why', later.why, whySearch),
  page('/maintenance', later.maintenance),
  page('/events', later.events),
  page('/metrics', later.metrics, metricsSearch),
  page('/about', later.about),
]);

/** Loads all pages that are not there yet: they have to be there when the master is not. */
export async function loadLaterPages(): Promise<void> {
  for (const component of Object.values(later)) {
    await new Promise(resolve => requestIdleCallback(resolve, { timeout: 500 }));
    await component.preload?.()?.catch(() => undefined); // tried again when it is opened
  }
}

/** Makes the router of a page; addresses are behind the `#`. */
export const newRouter = () =>
  createRouter({ routeTree, history: createHashHistory(), defaultErrorComponent: BrokenPage });

/** Stands in the place of a page that cannot be shown: what is around it stays. */
function BrokenPage({ error, reset }: ErrorComponentProps) {
  return (
    <Notice kind="alert" isPage title="This page cannot be shown">
      <p>{error instanceof Error ? error.message : String(error)}</p>
      <button type="button" onClick={reset}>
        Try again
      </button>
    </Notice>
  );
}

/** An address that is none of ours: it may be one of Apache Mesos's UI. */
function UnknownPage() {
  const { pathname, search } = useLocation();
  const classic = fromClassic(pathname, (search as { readonly path?: unknown }).path);
  if (classic !== undefined) return <Navigate to={classic.path} search={classic.search as never} replace />;
  return (
    <Notice isPage title="There is no such page">
      <p>
        <code>{pathname}</code>
      </p>
      <Link to={addresses.overview()}>Overview</Link>
    </Notice>
  );
}
