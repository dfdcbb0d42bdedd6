import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Tests read the packages' TypeScript sources: nothing needs building first.
  // In Node only ssr.resolve.conditions counts; a browser's tests read resolve.conditions instead.
  ssr: { resolve: { conditions: ['@linnet/source', 'module', 'node', 'development|production'] } },
  test: {
    include: ['packages/*/test/**/*.test.ts'],
    environment: 'node',
    // One project and one module graph a worker is 15 times as fast as one for each file.
    // The price: files in a worker share module state, of which no package has any.
    pool: 'threads',
    isolate: false,
  },
});
