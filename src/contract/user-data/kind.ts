/** What cloud-init makes of a part of user-data. */
export type PartKind = 'cloud-config' | 'jinja' | 'script' | 'boothook';

interface Form {
  readonly kind: PartKind;
  /** How its text has to begin: cloud-init goes by nothing else. */
  readonly header: RegExp;
  readonly shown: string;
}

const FORMS: readonly Form[] = [
  { kind: 'cloud-config', header: /^#cloud-config[ \t]*(?:\n|$)/, shown: '#cloud-config' },
  { kind: 'jinja', header: /^##[ \t]*template:[ \t]*jinja[ \t]*\n#cloud-config[ \t]*(?:\n|$)/, shown: '#cloud-config' },
  { kind: 'boothook', header: /^#cloud-boothook[ \t]*\n/, shown: '#cloud-boothook' },
  { kind: 'script', header: /^#!\S/, shown: '#!' },
];

/** By the name: `.yaml` and `.yml` are cloud-config, `.boothook` runs early in every boot, all else is a script. */
const kindsFor = (name: string): readonly PartKind[] =>
  /\.ya?ml$/.test(name) ? ['cloud-config', 'jinja'] : name.endsWith('.boothook') ? ['boothook'] : ['script'];

/** Undefined: its text does not begin as its name says. */
export const kindOf = (name: string, text: string): PartKind | undefined =>
  FORMS.find(({ kind, header }) => kindsFor(name).includes(kind) && header.test(text))?.kind;

/** The first line that a part of this name has to have. */
export const headerOf = (name: string): string =>
  FORMS.find(({ kind }) => kindsFor(name).includes(kind))?.shown ?? '#cloud-config';
