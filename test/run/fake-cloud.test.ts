import { describeCloud } from '../helpers/cloud-contract.ts';
import { FakeCloud } from '../helpers/fake-cloud.ts';

describeCloud('the fake cloud', async () => {
  const cloud = new FakeCloud();
  return {
    images: cloud.images,
    builders: cloud.builders,
    launch: async (tags) => cloud.launch(tags),
    makeImage: async (name, tags) => cloud.makeImage(name, tags),
    [Symbol.asyncDispose]: async () => {},
  };
});
