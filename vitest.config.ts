import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'tests/**/*.test.ts'],
    // Processes, because simulated CPUs are worker threads themselves; two, because runs inside tests use several cores.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Pages and runs that a test waits for share two cores with other tests.
    expect: { poll: { timeout: 20_000 } },
  },
});
