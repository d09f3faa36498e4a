import { Outlet } from '@tanstack/react-router';
import type { JSX } from 'react';
import { Toasts } from '../parts/toasts.tsx';

export function Root(): JSX.Element {
  return (
    <>
      <Outlet />
      <Toasts />
    </>
  );
}
