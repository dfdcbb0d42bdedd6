import { defineConfig } from 'vitest/config';

export default defineConfig({
  ssr: { resolve: { conditions: ['@linnet/source', 'module', 'node', 'development|production'] } },
  test: {
    include: ['conformance/**/*.test.ts'],
    environment: 'node',
    // These make TAP devices and namespaces and move a lot of bytes: a process each, one after the other.
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 60_000,
    // The other side is a real kernel in real time. `npm test` names each test that needed its second try, and bears only a few.
    retry: 1,
  },
});
