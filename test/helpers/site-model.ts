import { NOT_SHARED, type Sharing } from '../../src/model/channel.ts';
import type { Tags } from '../../src/model/image.ts';
import type { ObservedImage, SiteStep, Wanted } from '../../src/model/promotion.ts';
import { grantsIn } from '../../src/model/status-tags.ts';
import { planGrant, planRevoke } from '../../src/plan/promotion/grants.ts';
import { planSite, type SiteLook } from '../../src/plan/promotion/plan-site.ts';
import { ami } from './promotion.ts';

/** What steps do to a site, without a cloud: a copy is there when it was waited for. */
export function applied(wanted: Wanted, look: SiteLook, step: SiteStep): SiteLook {
  const all = (change: (image: ObservedImage) => ObservedImage): SiteLook => ({
    ...look,
    there: look.there.map(change),
    source: change(look.source),
  });
  const one = (imageId: string | null, change: (image: ObservedImage) => ObservedImage): SiteLook =>
    all((image) => (image.imageId === imageId ? change(image) : image));
  switch (step.do) {
    case 'grant': {
      const { tag } = planGrant(look.source, step.account, wanted.channel) ?? {};
      const add = { ...NOT_SHARED, accounts: [step.account] };
      const source = tagged(shared(volumes(look.source, [step.account]), add), tag && { [tag.key]: tag.value });
      return { ...look, source };
    }
    case 'revoke': {
      const { key = '' } = planRevoke(look.source, step.account, wanted.channel) ?? {};
      const { [key]: _, ...tags } = look.source.tags;
      return { ...look, source: { ...look.source, tags } };
    }
    case 'copy': {
      const copy = copyMade(wanted, step.request.name, step.request.tags, look.there.length);
      return { ...look, there: [...look.there, copy] };
    }
    case 'remove-dead':
      return { ...look, there: look.there.filter(({ imageId }) => imageId !== step.imageId) };
    case 'wait':
      return all((image) =>
        ['pending', 'transient'].includes(image.state) ? { ...image, state: 'available' } : image,
      );
    case 'tag':
      return all((image) => {
        const snapshots = image.snapshots.map((snapshot) =>
          step.resources.includes(snapshot.snapshotId) ? tagged(snapshot, step.tags) : snapshot,
        );
        return { ...(step.resources.includes(image.imageId) ? tagged(image, step.tags) : image), snapshots };
      });
    case 'share-snapshots':
      return all((image) => volumes(image, step.accounts, step.snapshotIds));
    case 'share-image':
      return one(step.imageId, (image) => shared(image, step.add));
    case 'deprecate':
      return one(step.imageId, (image) => ({ ...image, deprecateAt: step.at }));
    case 'protect':
      return one(step.imageId, (image) => ({ ...image, deregistrationProtection: step.protection }));
  }
}

/** As the executor does it: what is behind a wait is planned again. Every step that was taken, and what there is then. */
export function converged(wanted: Wanted, start: SiteLook) {
  let look = start;
  const taken: SiteStep[] = [];
  for (let round = 0; round < 5; round++) {
    const steps = planSite(wanted, look);
    if (steps.length === 0) return { look, taken, rounds: round };
    const wait = steps.findIndex((step) => step.do === 'wait');
    for (const step of wait < 0 ? steps : steps.slice(0, wait + 1)) {
      look = applied(wanted, look, step);
      taken.push(step);
    }
  }
  throw new Error(`does not converge: ${JSON.stringify(planSite(wanted, look))}`);
}

export const grantsLeft = ({ source }: SiteLook) => grantsIn(source.tags);

function copyMade({ source, site }: Wanted, name: string, tags: Tags, number: number): ObservedImage {
  const { ami: from } = source;
  return {
    ...from,
    imageId: ami(100 + number),
    site,
    name,
    state: 'pending',
    copyOf: { imageId: from.imageId, region: from.site.region },
    tags,
    snapshots: from.snapshots.map((snapshot, place) => ({ ...snapshot, snapshotId: `snap-${number}-${place}`, tags })),
    launchPermissions: NOT_SHARED,
  };
}

const tagged = <T extends { readonly tags: Tags }>(thing: T, tags: Tags | undefined): T => ({
  ...thing,
  tags: { ...thing.tags, ...tags },
});

const union = <T>(a: readonly T[], b: readonly T[]): readonly T[] => [...new Set([...a, ...b])];

function shared(image: ObservedImage, add: Sharing): ObservedImage {
  const { accounts, organizations, organizationalUnits, public: all } = image.launchPermissions ?? NOT_SHARED;
  return {
    ...image,
    launchPermissions: {
      accounts: union(accounts, add.accounts),
      organizations: union(organizations, add.organizations),
      organizationalUnits: union(organizationalUnits, add.organizationalUnits),
      public: all || add.public,
    },
  };
}

function volumes(image: ObservedImage, accounts: Sharing['accounts'], only?: readonly string[]): ObservedImage {
  const snapshots = image.snapshots.map((snapshot) => {
    if (only?.includes(snapshot.snapshotId) === false) return snapshot;
    const has = snapshot.volumePermissions ?? { accounts: [], public: false };
    return { ...snapshot, volumePermissions: { ...has, accounts: union(has.accounts, accounts) } };
  });
  return { ...image, snapshots };
}
