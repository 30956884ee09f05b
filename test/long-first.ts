import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** These take a minute and more; one that begins last is waited for alone. */
const LONG = /\/(?:killed|failing-[a-z-]+|contract|packer-faults|journey|cli-[a-z]+|mark)\.test\.ts$/;

const isLong = ({ moduleId }: TestSpecification): boolean => LONG.test(moduleId);

export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}
