import type { AccountId } from '../../model/ids.ts';
import { type Image, instanceProfileOf } from '../../model/image.ts';
import { type Purpose, statementsOf } from './row.ts';
import { bothScopes, type Scope } from './scope.ts';
import { type IamRequest, type Place, partitionOf, placesOf, scopeOf } from './scopes.ts';
import { type Statement, withOwnNames } from './statement.ts';
import { TABLE } from './table.ts';
import {
  type Pipeline,
  type TrustDocument,
  trustsAccount,
  trustsBake,
  trustsInstances,
  trustsPipeline,
} from './trust.ts';

export interface PolicyDocument {
  readonly Version: '2012-10-17';
  readonly Statement: readonly Statement[];
}

/** One role, what it may do, and who may have it. */
export interface RolePolicy {
  readonly name: string;
  /** `own`: of the account that bakes, where nobody said which. */
  readonly account: AccountId | 'own';
  /** Absent: nobody said which account bakes. */
  readonly trust?: TrustDocument;
  readonly policy: PolicyDocument;
}

/** `ci` is what a pipeline does: it bakes, and tries what it has baked. */
export type Asked = Purpose | 'ci';
const IN_CI: readonly Purpose[] = ['build', 'try'];

export interface RolesRequest extends IamRequest {
  readonly asked: readonly Asked[];
  readonly pipeline: Pipeline | undefined;
}

export function rolePolicies(request: RolesRequest): readonly RolePolicy[] {
  const { asked } = request;
  const purposes = asked.flatMap((one) => (one === 'ci' ? IN_CI : [one])).filter((one) => one !== 'instance');
  return [
    ...(purposes.length === 0 ? [] : placesOf(request).flatMap((place) => workingRole(request, place, purposes))),
    ...(asked.includes('instance') ? instanceRoles(request) : []),
  ];
}

function workingRole(request: RolesRequest, place: Place, purposes: readonly Purpose[]): readonly RolePolicy[] {
  const { account, asked } = request;
  const own = place.account === 'own';
  const reaching = own ? purposes : purposes.filter((purpose) => !IN_CI.includes(purpose));
  // Without a role of its own, an account is worked in by whoever has its credentials, or not at all.
  if (reaching.length === 0 || (!own && place.role === undefined)) return [];
  const policy = documentOf(reaching.map((purpose) => ({ purpose, scope: scopeOf(request, place, purpose) })));
  if (policy.Statement.length === 0) return [];
  const name = own ? `bake-${asked.filter((one) => one !== 'instance').join('-')}` : nameOf(place.role ?? '');
  const where = place.account === 'own' ? (account ?? 'own') : place.account;
  const trust = account === undefined ? {} : { trust: trustOf(request, own, account) };
  return [{ name, account: where, ...trust, policy }];
}

/** `arn:aws:iam::111122223333:role/teams/release` → `release`. */
const nameOf = (role: string): string => role.replace(/^.*\//, '');

function trustOf({ config, pipeline }: RolesRequest, own: boolean, account: AccountId): TrustDocument {
  const partition = partitionOf(config.region);
  if (!own) return trustsBake(partition, account);
  return pipeline === undefined ? trustsAccount(partition, account) : trustsPipeline(partition, account, pipeline);
}

/** One for each instance profile in each account; builders that Session Manager reaches have one too. */
function instanceRoles(request: RolesRequest): readonly RolePolicy[] {
  return placesOf(request).flatMap((place) => {
    const own = place.account === 'own';
    const profiles = new Map<string, Image[]>();
    for (const image of request.images) {
      const { build } = image;
      const builders = own && build.communicator === 'session-manager' ? build.instanceProfile : undefined;
      for (const profile of new Set([instanceProfileOf(image), builders]))
        if (profile !== undefined) profiles.set(profile, [...(profiles.get(profile) ?? []), image]);
    }
    return [...profiles].flatMap(([name, images]) => {
      const scope = scopeOf(
        { ...request, images: images.filter((image) => instanceProfileOf(image) === name) },
        place,
        'instance',
      );
      const reachable =
        own && images.some(({ build }) => build.instanceProfile === name && build.communicator === 'session-manager');
      const policy = documentOf([{ purpose: 'instance', scope: { ...scope, sessionManager: reachable } }]);
      const account = own ? (request.account ?? 'own') : place.account;
      return policy.Statement.length === 0 ? [] : [{ name, account, trust: trustsInstances(scope.partition), policy }];
    });
  });
}

/** Each row once: what two purposes have in common reaches as far as the farther of them. */
function documentOf(scopes: readonly Working[]): PolicyDocument {
  const statements = TABLE.flatMap((row) => {
    const [first, ...others] = scopes.filter(({ purpose }) => row.for.includes(purpose)).map(({ scope }) => scope);
    return first === undefined ? [] : statementsOf(row, others.reduce(bothScopes, first));
  });
  return { Version: '2012-10-17', Statement: withOwnNames(statements) };
}

interface Working {
  readonly purpose: Purpose;
  readonly scope: Scope;
}
