import { alignAttributes, hclString } from '../hcl.ts';
import { type ExportRequest, headLines } from './request.ts';

/** `local.prod_api_amis["111122223333"]["eu-west-1"]["x86_64"]`. Hyphens stay: HCL has them in names, and so no two are alike. */
export function terraformText(request: ExportRequest): string {
  const { channel, images } = request;
  const locals = images.map(({ image, amis }) => `  ${channel}_${image}_amis = ${block(amis as Tree, 1)}`);
  const lines = [...headLines(request).map((line) => `# ${line}`), 'locals {', ...locals, '}'];
  return `${alignAttributes(lines.join('\n'))}\n`;
}

type Tree = string | { readonly [key: string]: Tree };

function block(tree: Tree, depth: number): string {
  if (typeof tree === 'string') return hclString(tree);
  const indent = '  '.repeat(depth);
  const members = Object.entries(tree).map(
    ([name, value]) => `${indent}  ${hclString(name)} = ${block(value, depth + 1)}\n`,
  );
  return `{\n${members.join('')}${indent}}`;
}
