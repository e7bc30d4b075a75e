import { defineConfig } from 'vitest/config';
import { hideOptional } from './scripts/optionalSoftware.mjs';

hideOptional();
const define = { __BUILD__: '"test"', __VERSION__: '"0.0.0-test"' };

export default defineConfig({
  test: {
    projects: [
      { define, test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 20_000, hookTimeout: 20_000 } },
      { define, test: { name: 'conformance', include: ['test/conformance/*.test.ts'], testTimeout: 20_000 } },
      {
        define,
        test: { name: 'faults', include: ['test/faults/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 60_000 },
      },
      {
        define,
        test: { name: 'fuzz', include: ['test/fuzz/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 60_000 },
      },
      { define, test: { name: 'ui', include: ['test/ui/**/*.test.ts'], testTimeout: 240_000, hookTimeout: 240_000 } },
    ],
  },
});
