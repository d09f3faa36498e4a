import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** `npm run build:web` writes the application to build/web; the webapp process serves it from there. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/',
  plugins: [react()],
  build: {
    outDir: '../../build/web',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
  },
});
