import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { createRoot } from 'react-dom/client';
import { CsError } from '../base/errors.ts';
import { onSignedOut } from './api/client.ts';
import { makeRouter } from './router.ts';
import { theme, variables } from './theme/theme.ts';

const RETRIES = 2;

const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // pushes keep lists fresh; see api/live.ts
      staleTime: Number.POSITIVE_INFINITY,
      gcTime: 10 * 60_000,
      refetchOnWindowFocus: false,
      retry: (failures, error) => failures < RETRIES && error instanceof CsError && error.code === 'CS_UNREACHABLE',
    },
  },
});
const router = makeRouter(queryClient);

onSignedOut(() => {
  if (router.state.location.pathname === '/login') return;
  const to = router.state.location.href;
  queryClient.clear();
  void router.navigate({ to: '/login', search: { to } });
});

const root = document.getElementById('root');
if (!root) throw new Error('the page has no element #root');
createRoot(root).render(
  <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto">
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </MantineProvider>,
);
