import { BakeError } from '../../model/errors.ts';
import { type ExportedImage, type ExportRequest, headLines } from './request.ts';

/** Names of mappings and their inner keys may have letters and digits only. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x86_64: 'X8664', arm64: 'Arm64' };

/** `!FindInMap [ApiRegionMap, !Ref AWS::Region, X8664]`. */
export function cloudformationText(request: ExportRequest): string {
  const maps = new Map<string, { readonly image: string; readonly lines: readonly string[] }>();
  for (const exported of request.images) {
    for (const [name, lines] of mapsOf(exported)) {
      const other = maps.get(name);
      if (other !== undefined) throw sameName(exported.image, other.image, name);
      maps.set(name, { image: exported.image, lines });
    }
  }
  const body = [...maps].flatMap(([name, { lines }]) => [`  ${name}:`, ...lines]);
  const mappings = body.length === 0 ? ['Mappings: {}'] : ['Mappings:', ...body];
  return `${[...headLines(request).map((line) => `# ${line}`), ...mappings].join('\n')}\n`;
}

/** One map for each account, with its number where there are several. */
function mapsOf({ image, amis }: ExportedImage): readonly (readonly [name: string, lines: readonly string[]])[] {
  const accounts = Object.entries(amis);
  return accounts.map(([account, regions = {}]) => [
    `${pascalCase(image)}RegionMap${accounts.length > 1 ? account : ''}`,
    Object.entries(regions).flatMap(([region, ids = {}]) => [
      `    ${region}:`,
      ...Object.entries(ids).map(([architecture, id]) => `      ${ARCHITECTURES[architecture]}: ${id}`),
    ]),
  ]);
}

const pascalCase = (name: string): string => name.replaceAll(/(?:^|-)(\w)/g, (_, first: string) => first.toUpperCase());

function sameName(image: string, other: string, name: string): BakeError {
  return new BakeError({
    code: 'export-names-clash',
    message: `${other} and ${image} both have the mapping ${name} in CloudFormation, whose names have letters and digits only`,
    hint: 'Export each to a file of its own: put {image} into the path.',
    blame: 'user',
  });
}
