import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router';
import { isSignedOut } from './api/client.ts';
import { reads } from './api/queries.ts';
import { FailedPage, NotFoundPage } from './shell/failed.tsx';
import { Root } from './shell/root.tsx';
import { Shell } from './shell/shell.tsx';
import { accountSearch, jobSearch, loginSearch, workspaceSearch } from './shell/search.ts';
import { DashboardPage } from './pages/dashboard.tsx';
import { LoginPage } from './pages/login.tsx';
import { ProjectPage } from './pages/project.tsx';
import { ProjectsPage } from './pages/projects.tsx';
import { WorkspacePage } from './pages/workspace.tsx';

const root = createRootRouteWithContext<{ queryClient: QueryClient }>()({ component: Root });

const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  component: LoginPage,
  validateSearch: loginSearch,
});

/** Everything inside of the frame needs a signed-in user. */
const app = createRoute({
  getParentRoute: () => root,
  id: 'app',
  component: Shell,
  beforeLoad: async ({ context, location }) => {
    try {
      await context.queryClient.ensureQueryData(reads.me());
    } catch (error) {
      if (!isSignedOut(error)) throw error;
      throw redirect({ to: '/login', search: { to: location.href } });
    }
  },
});

const dashboard = createRoute({ getParentRoute: () => app, path: '/', component: DashboardPage });
const projects = createRoute({ getParentRoute: () => app, path: '/projects', component: ProjectsPage });
const project = createRoute({ getParentRoute: () => app, path: '/projects/$projectUid', component: ProjectPage });
const workspace = createRoute({
  getParentRoute: () => app,
  path: '/projects/$projectUid/workspaces/$workspaceUid',
  component: WorkspacePage,
  validateSearch: workspaceSearch,
});
const job = createRoute({
  getParentRoute: () => app,
  path: '/projects/$projectUid/jobs/$jobUid',
  component: lazyRouteComponent(() => import('./pages/job.tsx'), 'JobPage'),
  validateSearch: jobSearch,
});
const users = createRoute({
  getParentRoute: () => app,
  path: '/users',
  component: lazyRouteComponent(() => import('./pages/users.tsx'), 'UsersPage'),
});
const account = createRoute({
  getParentRoute: () => app,
  path: '/account',
  component: lazyRouteComponent(() => import('./pages/account.tsx'), 'AccountPage'),
  validateSearch: accountSearch,
});
const instance = createRoute({
  getParentRoute: () => app,
  path: '/instance',
  component: lazyRouteComponent(() => import('./pages/instance.tsx'), 'InstancePage'),
});

const routeTree = root.addChildren([
  login,
  app.addChildren([dashboard, projects, project, workspace, job, users, account, instance]),
]);

export function makeRouter(queryClient: QueryClient): AppRouter {
  return createRouter({
    routeTree,
    context: { queryClient },
    defaultPreload: false,
    scrollRestoration: true,
    defaultErrorComponent: FailedPage,
    defaultNotFoundComponent: NotFoundPage,
  });
}

type AppRouter = ReturnType<typeof createRouter<typeof routeTree>>;

declare module '@tanstack/react-router' {
  interface Register {
    router: AppRouter;
  }
}
