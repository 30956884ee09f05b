/** What each field holds at least and at most. */
const FIELDS = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 6],
] as const;

/** `*`, `5`, `1-5`, each with or without a step. Names of months and days are not known everywhere. */
const PART = /^(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:\/(\d{1,2}))?$/;

/** Whether these are five fields as GitHub and GitLab read them: minute, hour, day, month, day of the week. */
export function isCron(text: string): boolean {
  const fields = text.split(' ');
  return fields.length === FIELDS.length && FIELDS.every((limits, position) => isField(fields[position] ?? '', limits));
}

function isField(field: string, [least, most]: readonly [number, number]): boolean {
  return field.split(',').every((part) => {
    const found = PART.exec(part);
    if (found === null) return false;
    const [from = least, to = from, step = 1] = found.slice(1).map((digits) => digits && Number(digits)) as number[];
    return from >= least && from <= to && to <= most && step >= 1;
  });
}
