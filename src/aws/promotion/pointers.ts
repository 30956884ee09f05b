import type { ResolvedTarget } from '../../model/channel.ts';
import type { Pointers } from '../../run/promote-effects.ts';
import { attemptingAt } from '../errors.ts';
import { DescribeImagesCommand } from '../sdk/ec2.ts';
import type { SiteClients } from '../sites.ts';
import { pointerNotAccepted } from './errors.ts';
import { defaultTemplate, readTemplate, removeTemplate, writeTemplate } from './launch-templates.ts';
import { readParameter, readParameters, removeParameter, writeParameter } from './parameters.ts';
import type { Waiting } from './waiting.ts';

type Clients = Pick<SiteClients, 'connection' | 'ec2' | 'ssm'>;

/** `waiting`: for SSM to take a value. */
export function createPointers(
  target: ResolvedTarget,
  { connection, ec2, ssm }: Clients,
  waiting: Omit<Waiting, 'signal'>,
): Pointers {
  const attempt = attemptingAt(target, connection);
  const visible = (imageId: string) =>
    attempt(`look at ${imageId}`, async () => {
      const Filters = [{ Name: 'image-id', Values: [imageId] }];
      const query = new DescribeImagesCommand({ Filters, IncludeDeprecated: true, IncludeDisabled: true });
      const { Images = [] } = await ec2.send(query);
      return Images[0] && { state: Images[0].State ?? 'pending' };
    });
  const read: Pointers['readParameter'] = (name) =>
    attempt(`read the parameter ${name}`, () => readParameter(ssm, name));

  return {
    target,
    visible,
    readParameter: read,
    readParameters: (names) => attempt('read parameters', () => readParameters(ssm, names)),

    writeParameter: async (name, imageId, signal) => {
      const patience = { ...waiting, signal };
      const taken = await attempt(`write the parameter ${name}`, () => writeParameter(ssm, name, imageId, patience));
      if (taken) return;
      const [holds, seen] = await Promise.all([read(name), visible(imageId)]);
      throw pointerNotAccepted({ target, name, imageId, holds: holds?.imageId, state: seen?.state });
    },

    removeParameter: (name) => attempt(`remove the parameter ${name}`, () => removeParameter(ssm, name)),
    readTemplate: (name) => attempt(`read the launch template ${name}`, () => readTemplate(ec2, name)),
    writeTemplate: (name, change) =>
      attempt(`change the launch template ${name}`, () => writeTemplate(ec2, name, change)),
    defaultTemplate: (name, version) =>
      attempt(`change the launch template ${name}`, () => defaultTemplate(ec2, name, version)),
    removeTemplate: (name) => attempt(`remove the launch template ${name}`, () => removeTemplate(ec2, name)),
  };
}
