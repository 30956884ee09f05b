import { renderTemplate } from './handlebars.ts';

/** Files of a new project, as they are called below `templates/init/`. The configuration is written last. */
export const STARTER_FILES = [
  'gitignore',
  'layers/base/layer.yaml',
  'layers/base/files/etc/sysctl.d/60-base.conf',
  'layers/base/files/etc/systemd/journald.conf.d/10-limits.conf.hbs',
  'layers/base/scripts/10-settings.sh',
  'layers/base/test/10-settings',
  'layers/app/layer.yaml',
  'layers/app/files/etc/systemd/system/app.service.hbs',
  'layers/app/files/usr/share/app/index.html.hbs',
  'layers/app/scripts/10-service.sh',
  'layers/app/test/10-page',
  'bake.config.ts.hbs',
] as const;
type StarterFile = (typeof STARTER_FILES)[number];

/** Layers of somebody else's that a new project would mix with. */
export const STARTER_FOLDERS = ['layers/base', 'layers/app'] as const;

/** The user's own, if there is one. */
export const GITIGNORE = '.gitignore';

export interface NewFile {
  /** From the project's folder. */
  readonly path: string;
  readonly content: string;
  readonly executable: boolean;
}

/** The files of a new project. Templates of layers stay templates. */
export function starterFiles(sources: ReadonlyMap<string, string>, answers: object): readonly NewFile[] {
  return STARTER_FILES.map((name) => {
    const source = sources.get(name);
    if (source === undefined) throw new Error(`templates/init/${name} was not read`);
    const executable = /^layers\/[^/]+\/(?:scripts|test)\//.test(name);
    if (name !== 'bake.config.ts.hbs') return { path: pathOf(name), content: source, executable };
    return { path: 'bake.config.ts', content: renderTemplate(`templates/init/${name}`, source, answers), executable };
  });
}

/** npm leaves a file of that name out of packages. */
const pathOf = (name: StarterFile): string => (name === 'gitignore' ? GITIGNORE : name);
