import {
  createHashHistory,
  createRootRoute,
  createRoute,
  createRouter,
  Link,
  lazyRouteComponent,
  Navigate,
  type RouteComponent,
  useLocation,
} from '@tanstack/react-router';
import { addresses, fromClassic } from './addresses.ts';
import { AgentPage } from './pages/agent.tsx';
import { FrameworkPage } from './pages/framework.tsx';
import { AgentsPage, FrameworksPage, TasksPage } from './pages/lists.tsx';
import { metricsSearch } from './pages/metrics-search.ts';
import { OverviewPage } from './pages/overview.tsx';
import { tableSearch } from './pages/search.ts';
import { TaskPage } from './pages/task.tsx';
import { taskSearch } from './pages/task-search.ts';
import { Shell } from './shell.tsx';
import { Notice } from './ui/notice.tsx';
import { whySearch } from './why/search.ts';

const root = createRootRoute({ component: Shell, notFoundComponent: UnknownPage });

/** A page whose address may have the filter and the order of a table. */
const page = (path: string, component: RouteComponent) =>
  createRoute({ getParentRoute: () => root, path, component, validateSearch: tableSearch });

const offers = createRoute({
  getParentRoute: () => root,
  path: '/offers',
  component: lazyRouteComponent(() => import('./pages/offers.tsx'), 'OffersPage'),
  validateSearch: tableSearch,
});
const why = createRoute({
  getParentRoute: () => root,
  path: '/why',
  component: lazyRouteComponent(() => import('./pages/why.tsx'), 'WhyPage'),
  validateSearch: whySearch,
});

const routeTree = root.addChildren([
  page('/', OverviewPage),
  page('/agents', AgentsPage),
  createRoute({
    ...{ getParentRoute: () => root, path: '/agents/$agent', component: AgentPage },
    validateSearch: raw => ({ ...tableSearch(raw), ...taskSearch(raw) }),
  }),
  page('/frameworks', FrameworksPage),
  page('/frameworks/$framework', FrameworkPage),
  page(
    '/roles',
    lazyRouteComponent(() => import('./pages/roles.tsx'), 'RolesPage'),
  ),
  page('/tasks', TasksPage),
  page(
    '/run',
    lazyRouteComponent(() => import('./pages/run.tsx'), 'RunPage'),
  ),
  createRoute({
    getParentRoute: () => root,
    path: '/metrics',
    component: lazyRouteComponent(() => import('./pages/metrics.tsx'), 'MetricsPage'),
    validateSearch: metricsSearch,
  }),
  page(
    '/maintenance',
    lazyRouteComponent(() => import('./pages/maintenance/page.tsx'), 'MaintenancePage'),
  ),
  page(
    '/events',
    lazyRouteComponent(() => import('./pages/events.tsx'), 'EventsPage'),
  ),
  page(
    '/about',
    lazyRouteComponent(() => import('./pages/about/page.tsx'), 'AboutPage'),
  ),
  offers,
  why,
  createRoute({
    ...{ getParentRoute: () => root, path: '/tasks/$framework/$task', component: TaskPage },
    validateSearch: taskSearch,
  }),
]);

/** Makes the router of a page; addresses are behind the `#`. */
export const newRouter = () => createRouter({ routeTree, history: createHashHistory() });

/** An address that is none of ours: it may be one of Apache Mesos's UI. */
function UnknownPage() {
  const { pathname, search } = useLocation();
  const classic = fromClassic(pathname, (search as { readonly path?: unknown }).path);
  if (classic !== undefined) return <Navigate to={classic.path} search={classic.search as never} replace />;
  return (
    <Notice title="There is no such page">
      <p>
        <code>{pathname}</code>
      </p>
      <Link to={addresses.overview()}>Overview</Link>
    </Notice>
  );
}
