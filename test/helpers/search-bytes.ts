import { open } from 'node:fs/promises';

const CHUNK = 2 ** 22;

/** Which of the texts are in a file of any size, as UTF-8. */
export async function textsInFile(path: string, texts: readonly string[]): Promise<readonly string[]> {
  const wanted = texts.map((text) => ({ text, bytes: Buffer.from(text) }));
  const overlap = Math.max(...wanted.map(({ bytes }) => bytes.length)) - 1;
  const found = new Set<string>();
  const part = Buffer.alloc(overlap + CHUNK);
  const zeros = Buffer.alloc(overlap + CHUNK);
  await using file = await open(path);
  for (let kept = 0; ; ) {
    const { bytesRead } = await file.read(part, kept, CHUNK);
    if (bytesRead === 0) return [...found];
    const read = part.subarray(0, kept + bytesRead);
    // Most of a disk is empty.
    if (!read.equals(zeros.subarray(0, read.length))) {
      for (const { text, bytes } of wanted) if (read.includes(bytes)) found.add(text);
    }
    kept = Math.min(overlap, read.length);
    read.copy(part, 0, read.length - kept);
  }
}
