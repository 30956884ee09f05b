import { defineConfig } from 'vitest/config';

const shared = { sequence: { shuffle: true } };

// One at a time: emulated machines are no faster side by side.
const machines = { ...shared, testTimeout: 900_000, hookTimeout: 3_600_000, maxWorkers: 1, fileParallelism: false };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/sandbox/**', 'test/emulator/**', 'test/machines/**'],
        },
      },
      {
        test: {
          ...shared,
          name: 'emulator',
          include: ['test/sandbox/**/*.test.ts', 'test/emulator/**/*.test.ts'],
          exclude: ['**/*.machines.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 240_000,
          maxWorkers: 2,
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
