import { BakeError } from '../../model/errors.ts';

/** The SDK tries again for minutes where nobody answers. */
export async function within<T>(milliseconds: number, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(noAnswer(milliseconds)), milliseconds);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}

function noAnswer(milliseconds: number): BakeError {
  return new BakeError({
    code: 'state-no-answer',
    message: `no answer from the state bucket within ${milliseconds / 1000} s`,
    hint: 'Run the same command again. bake state status tells whether the bucket can be reached.',
    blame: 'cloud',
  });
}
