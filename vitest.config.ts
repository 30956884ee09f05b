import { defineConfig } from 'vitest/config';

const shared = { sequence: { shuffle: true } };

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
      {
        test: {
          ...shared,
          name: 'machines',
          include: ['test/machines/**/*.test.ts', 'test/**/*.machines.test.ts'],
          testTimeout: 900_000,
          hookTimeout: 1_200_000,
          maxWorkers: 1,
          fileParallelism: false,
        },
      },
    ],
  },
});
