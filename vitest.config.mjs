import { defineConfig } from 'vitest/config';
import { hideOptional } from './scripts/optionalSoftware.mjs';

hideOptional();
const define = { __BUILD__: '"test"', __VERSION__: '"0.0.0-test"' };

/** One kind of tests. The limit is there for what hangs, not for what is slow. */
const project = (name, include, seconds, more = {}) => ({
  define,
  test: { name, include: [include], testTimeout: seconds * 1000, hookTimeout: seconds * 1000, ...more },
});
/** For tests that start collectors. */
const collector = { globalSetup: 'test/integration/collector/bundle.ts' };

export default defineConfig({
  test: {
    projects: [
      project('unit', 'test/unit/**/*.test.ts', 60, { setupFiles: 'test/unit/noProcesses.ts' }),
      project('integration', 'test/integration/**/*.test.ts', 240, collector),
      project('conformance', 'test/conformance/*.test.ts', 60),
      project('faults', 'test/faults/**/*.test.ts', 600, collector),
      project('fuzz', 'test/fuzz/**/*.test.ts', 600, collector),
      project('ui', 'test/ui/**/*.test.ts', 480, { globalSetup: 'test/ui/firstUse.ts' }),
    ],
  },
});
