import { defineConfig } from 'vitest/config';
import { LongFirst } from './test/long-first.ts';

// The SDK warns on Node 20, which we support; some tests load it without the folder that switches that off.
const env = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };

const shared = { sequence: { shuffle: true }, env };

// One more at a time than small test machines have processors: many wait for a time limit or for a process.
const emulator = { ...shared, testTimeout: 120_000, hookTimeout: 240_000, maxWorkers: 3 };

// One at a time: emulated machines are no faster side by side.
const machines = { ...shared, testTimeout: 900_000, hookTimeout: 3_600_000, maxWorkers: 1, fileParallelism: false };

export default defineConfig({
  test: {
    sequence: { sequencer: LongFirst },
    projects: [
      {
        test: {
          ...shared,
          // Seconds on an idle machine, and much longer beside others.
          testTimeout: 60_000,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/sandbox/**', 'test/emulator/**', 'test/machines/**'],
        },
      },
      {
        test: {
          ...emulator,
          name: 'emulator',
          include: ['test/sandbox/**/*.test.ts', 'test/emulator/**/*.test.ts'],
          exclude: ['**/*.machines.test.ts', 'test/emulator/cli/sandbox-killed.test.ts'],
        },
      },
      {
        test: {
          ...emulator,
          name: 'faults',
          include: ['test/emulator/cli/**/*.test.ts', 'test/emulator/**/{*faults,*killed,failing-*,package}.test.ts'],
          env: { ...env, BAKE_TEST_EXHAUSTIVE: 'true' },
        },
      },
      { test: { ...machines, name: 'machines', include: ['test/machines/chain.test.ts'] } },
      {
        test: {
          ...machines,
          name: 'exhaustive',
          include: ['test/machines/**/*.test.ts', 'test/**/*.machines.test.ts'],
          exclude: ['test/machines/chain.test.ts'],
        },
      },
    ],
  },
});
