import { Document } from 'yaml';

/** What a CI system's file says, and what people are told at its top. */
export interface CiFile {
  readonly comment: readonly string[];
  readonly document: object;
}

/** No anchors, which not every system reads, and no folded lines, which make long differences of short ones. */
export function yamlText(head: readonly string[], content: object): string {
  const document = new Document(content, { aliasDuplicateObjects: false });
  document.commentBefore = head.map((line) => ` ${line}`.trimEnd()).join('\n');
  return document.toString({ lineWidth: 0, singleQuote: true });
}
