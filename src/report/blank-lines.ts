/** Says of a source's line whether it repeats a blank one; a source that starts with a blank line counts as well. */
export function createBlankFilter(): (source: string, line: string) => boolean {
  const afterText = new Set<string>();
  return (source, line) => {
    if (line.trim() !== '') {
      afterText.add(source);
      return false;
    }
    return !afterText.delete(source);
  };
}
