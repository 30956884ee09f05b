/** Settings whose name says that their value is a secret: `DB_PASSWORD=…`, `apiKey: …`, `--token …`. */

const NAME = String.raw`[\w.-]{0,64}(?:password|passwd|passphrase|secret|token|api[_-]?key|private[_-]?key)\\?["']?`;

/**
 * Up to where the value begins. A colon is in prose as well, so its name has to stand where YAML, JSON and headers have one.
 * All is bounded, so that a long line is not tried in every way.
 */
const SETTINGS = [
  String.raw`(?<![\w.$/-])(?<!\$\{)${NAME}[ \t]*(?:=>|:?=)[ \t]*`,
  String.raw`(?:^|[{,[]|-[ \t]|-H[ \t]?|--header[ =])[ \t]*\\?["']?${NAME}[ \t]*:(?!=)[ \t]*`,
  String.raw`(?<![\w-])--${NAME}(?:[ \t]+|,[ \t]*)`,
];
const SETTING = new RegExp(String.raw`(?:${SETTINGS.join('|')})\\?(?=(["']?)([^\n"']{0,256}))`, 'gim');

/** Whose values stand in quotes when they are written out, and are expressions otherwise. */
const PROGRAM = /^#!.*(?:python|perl|ruby|node|php|lua)/;

const PLACES = [
  String.raw`@?(?:~|\.{0,2})/[\w./-]*`,
  String.raw`[\w./-]+\.(?:pem|key|crt|p12|jks|txt|json|ya?ml|asc|pub)`,
  '(?:https?|file)://.*',
  'arn:aws.*',
];
/** What is read from elsewhere, or computed. */
const EXPRESSION = /^\{|[([]|^(?:var|local|data|self|this|env|config|args|process)\.\w/;
const HARMLESS = new RegExp(
  [
    '[^a-z0-9]*',
    'true|false|yes|no|on|off|none|null|nil|undefined|required|optional|enabled|disabled',
    String.raw`\d{1,6}(?:\.\d+)?(?:ms|[smhdkgb])?`,
    // The databases of nsswitch.conf, which has a line for passwd.
    'files|compat|sss',
    ...PLACES,
    // A gap to fill in, and another option.
    '<.*',
    '-.*',
  ]
    .map((pattern) => `^(?:${pattern})$`)
    .join('|'),
  'i',
);
/** What is put together when it runs. */
const COMPOSED = /\$[({]|\{\{|`|^(?:Bearer|Basic|token) \$\w+$/;

/** Where the values of such settings begin; `standsForOne`: a value that is a placeholder or a reference. */
export function namedSecrets(text: string, standsForOne: RegExp): readonly number[] {
  const isProgram = PROGRAM.test(text);
  return [...text.matchAll(SETTING)].flatMap((match) => {
    const [before, quote = '', raw = ''] = match;
    const value = quote === '' ? (raw.split(/[\s,;&<}\]]/, 1)[0] ?? '') : raw.replace(/\\$/, '');
    const isCode = quote === '' && (isProgram || EXPRESSION.test(value));
    const isNone = isCode || HARMLESS.test(value) || COMPOSED.test(value) || standsForOne.test(value);
    return isNone ? [] : [match.index + before.length];
  });
}
