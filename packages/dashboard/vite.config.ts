import { defineConfig } from 'vite';

// One script and one style with fixed names: the server names them, and `damonlab report html` puts both into one file.
export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: 'dist/page',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: false,
    rolldownOptions: { output: { entryFileNames: 'page.js', assetFileNames: 'page.[ext]', codeSplitting: false } },
  },
});
