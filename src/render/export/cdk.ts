import { type ExportedImage, type ExportRequest, headLines } from './request.ts';

/** `MachineImage.genericLinux(amis.api['111122223333'].x86_64)`: the region is what the CDK looks up. */
export function cdkText(request: ExportRequest): string {
  const byName = Object.fromEntries(request.images.map((exported) => [exported.image, byArchitecture(exported)]));
  const comment = headLines(request).map((line) => `// ${line}\n`);
  return `${comment.join('')}export const amis = ${JSON.stringify(byName, undefined, 2)} as const;\n`;
}

/** Account, architecture, region. */
function byArchitecture({ amis }: ExportedImage) {
  const accounts = Object.entries(amis).map(([account, regions = {}]) => {
    const maps: Record<string, Record<string, string>> = {};
    for (const [region, ids = {}] of Object.entries(regions)) {
      for (const [architecture, id] of Object.entries(ids))
        maps[architecture] = { ...maps[architecture], [region]: id };
    }
    return [account, Object.fromEntries(Object.entries(maps).sort(([a], [b]) => (a < b ? -1 : 1)))] as const;
  });
  return Object.fromEntries(accounts);
}
