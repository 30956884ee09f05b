const FORM = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/;

/** `20261101T000000Z`, as snapshot archives name their moments; a day or an hour that there is. */
export function isSnapshotTime(text: string): boolean {
  const iso = text.replace(FORM, '$1-$2-$3T$4:$5:$6.000Z');
  const time = new Date(iso);
  return iso !== text && !Number.isNaN(time.getTime()) && time.toISOString() === iso;
}
