/** The master's own endpoints, save those of frameworks. */
export { allocationRoutes } from './allocation.ts';
export { awayAgentsRoute } from './away-agents.ts';
export { frameworkRoutes } from './frameworks.ts';
export { maintenanceRoutes } from './maintenance.ts';
export { registryRoutes, selfRoutes } from './master.ts';
export { operationRoutes } from './operations.ts';
export { settingRoutes } from './settings.ts';
export { taskRoutes } from './tasks.ts';
export { viewRoutes } from './views.ts';
