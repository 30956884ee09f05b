import type { ProjectSpec } from './project.ts';

const MIDDLE = ['a', 'b', 'c', 'd'];
const LEAVES = Array.from({ length: 15 }, (_, n) => `leaf-${n + 1}`);

/** A base, four services on it, fifteen on those. */
export const twentyImages: ProjectSpec = {
  images: {
    base: { source: 'debian:12', layers: ['os'] },
    ...Object.fromEntries(MIDDLE.map((name) => [name, { parent: 'base', variables: { name } }])),
    ...Object.fromEntries(LEAVES.map((name, n) => [name, { parent: MIDDLE[n % MIDDLE.length], variables: { name } }])),
  },
  layers: { os: { 'files/etc/motd': 'welcome\n' } },
};
