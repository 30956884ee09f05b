import type { ExportFormat } from '../model/channel.ts';
import { cdkText } from './export/cdk.ts';
import { cloudformationText } from './export/cloudformation.ts';
import { type ExportRequest, sorted } from './export/request.ts';
import { terraformText } from './export/terraform.ts';

const FORMATS: Readonly<Record<ExportFormat, (request: ExportRequest) => string>> = {
  cloudformation: cloudformationText,
  terraform: terraformText,
  cdk: cdkText,
  json: jsonText,
};

/** Which AMI serves where, for consumers' own templates. The same AMIs in any order give the same bytes. */
export const exportText = (format: ExportFormat, request: ExportRequest): string => FORMATS[format](sorted(request));

function jsonText({ project, channel, images }: ExportRequest): string {
  const byName = Object.fromEntries(images.map(({ image, version, amis }) => [image, { version, amis }]));
  return `${JSON.stringify({ version: 1, project, channel, images: byName }, undefined, 2)}\n`;
}
