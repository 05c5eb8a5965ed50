/**
 * `node tests/conformance/print.mjs [PART OF A GROUP'S NAME]`: the whole comparison with real kernels, figure by figure.
 * Needs a build (`npm run build`).
 */
import { fileURLToPath } from 'node:url';
import { createViteServer } from 'vitest/node';

const server = await createViteServer({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  configFile: false,
  logLevel: 'error',
  appType: 'custom',
  server: { middlewareMode: true, watch: null, ws: false },
});
try {
  const { printComparison } = await server.ssrLoadModule('/tests/conformance/kernel/print.ts');
  await printComparison(process.argv[2] ?? '');
} finally {
  await server.close();
}
