import { cycles } from '../../model/graph.ts';
import { NAME_RULE, parseImageName } from '../../model/ids.ts';
import { nearest } from '../nearest.ts';
import { choices, show } from '../problems.ts';
import type { RuleContext } from '../rules.ts';

export function imageNamesRule({ written, report }: RuleContext): void {
  const names = Object.keys(written.images);
  if (names.length === 0) report(['images'], 'names no image');
  for (const name of names) {
    if (parseImageName(name) === undefined) {
      report(['images', name], `${show(name)} is not an image name; names are ${NAME_RULE}`);
    }
  }
}

export function originRule({ written, report }: RuleContext): void {
  for (const [name, image] of Object.entries(written.images)) {
    if (image.source === undefined && image.parent === undefined) {
      report(['images', name], 'needs a source (an AMI from outside) or a parent (another image)');
    }
    if (image.source !== undefined && image.parent !== undefined) {
      report(['images', name], 'has a source and a parent; keep the one it starts from');
    }
  }
}

export function parentsRule({ written, report }: RuleContext): void {
  const names = new Set(Object.keys(written.images));
  for (const [name, { parent }] of Object.entries(written.images)) {
    if (parent === undefined || names.has(parent)) continue;
    const others = [...names].filter((other) => other !== name);
    report(
      ['images', name, 'parent'],
      `${show(parent)} is not an image; images are ${choices(names)}`,
      nearest(parent, others),
    );
  }
}

export function acyclicRule({ written, report }: RuleContext): void {
  const parents = new Map(Object.entries(written.images).map(([name, { parent }]) => [name, parent]));
  for (const cycle of cycles(parents)) {
    report(['images', cycle[0] ?? '', 'parent'], `an image cannot descend from itself: ${cycle.join(' → ')}`);
  }
}

export function architecturesRule({ written, inherited, report }: RuleContext): void {
  for (const [name, { architectures = [], parent }] of Object.entries(written.images)) {
    const available = parent === undefined ? undefined : inherited.get(parent)?.architectures;
    for (const [position, architecture] of architectures.entries()) {
      const path = ['images', name, 'architectures', position];
      if (architectures.indexOf(architecture) < position) report(path, `${show(architecture)} is there twice`);
      else if (available !== undefined && !available.includes(architecture)) {
        report(
          path,
          `${show(architecture)} is not an architecture of its parent ${parent}, which has ${choices(available)}`,
        );
      }
    }
  }
}
