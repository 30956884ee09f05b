/**
 * Words before a command that give it namespaces of its own. Others than root need a user namespace for that, which not
 * every place allows, a chroot for one.
 */
export function inNamespace(...kinds: readonly ('--mount' | '--net')[]): readonly string[] {
  return ['unshare', ...(process.getuid?.() === 0 ? [] : ['--map-root-user']), ...kinds];
}
