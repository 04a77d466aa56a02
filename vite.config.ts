import { fileURLToPath } from 'node:url'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// The page runs under `script-src 'self'; style-src 'self'`, so nothing may be inlined:
// no assets as data: URLs, no preload polyfill, no style tags.
export default defineConfig({
  root: fileURLToPath(new URL('src/web', import.meta.url)),
  plugins: [react(), tailwindcss()],
  build: {
    outDir: fileURLToPath(new URL('dist/web', import.meta.url)),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2023',
    cssTarget: ['chrome123', 'firefox128', 'safari17.5'],
  },
  server: { proxy: { '/api': process.env['TANDEM_URL'] ?? 'http://localhost:3000' } },
})
