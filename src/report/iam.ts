/** Characters without white space: what IAM allows of a managed policy, and of all inline policies of a role. */
const MANAGED = 6_144;
const INLINE = 10_240;

interface Role {
  readonly name: string;
  readonly account: string;
  readonly trust?: object;
  readonly policy: object;
}

/** Each role with its documents, for a person to read. */
export const iamText = (roles: readonly Role[]): string => roles.map(roleText).join('\n\n');

function roleText({ name, account, trust, policy }: Role): string {
  const where = account === 'own' ? 'the account that bakes' : `account ${account}`;
  return [
    `role ${name}, in ${where}`,
    ...(trust === undefined ? [] : ['who may have it:', JSON.stringify(trust, null, 2)]),
    `what it may do (${sizeText(policy)}):`,
    JSON.stringify(policy, null, 2),
  ].join('\n');
}

function sizeText(policy: object): string {
  const size = JSON.stringify(policy).length;
  if (size <= MANAGED) return `${size} characters of the ${MANAGED} of a managed policy`;
  if (size <= INLINE) return `${size} characters, for an inline policy: a managed one has room for ${MANAGED}`;
  return `${size} characters, more than the ${INLINE} of an inline policy: ask for the policies of some images each`;
}
