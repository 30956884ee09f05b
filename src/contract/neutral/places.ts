/** Where the scan looks and where nobody does. JSON, as the rows are. */

/** Folders that configuration lives in. Packages and layers put programs elsewhere; their units and settings are here. */
export const ROOTS: readonly string[] = [
  '/etc',
  '/usr/local',
  '/opt',
  '/srv',
  '/home',
  '/root',
  '/var/lib',
  '/var/www',
  '/var/spool/cron',
  ...['systemd', 'sysusers.d', 'tmpfiles.d', 'sysctl.d', 'environment.d', 'udev/rules.d'].map(
    (name) => `/usr/lib/${name}`,
  ),
];

/** Paths on the machine whose content does not count: expressions as in the rows. Folders end in `/`. */
export const SKIPPED: readonly string[] = [
  // Not in an image, or removed at the end of the bake.
  '^/(?:tmp|var/tmp|run|var/run|dev|proc|sys|var/cache|var/log)/',
  // For people.
  '^/usr/(?:local/)?share/(?:doc|doc-base|man|info|locale|licenses)/',
  '/(?:readme|changelog|changes|license|licence|notice|copying|copyright)(?:\\.[^/]*)?$',
  '\\.(?:md|markdown|rst|adoc|pod)$',
  // What package managers other than the distribution's have installed: SDKs bring tables of all endpoints.
  '/(?:node_modules|site-packages|dist-packages|gems|vendor|botocore|awscli|\\.git|\\.cache|__pycache__)/',
  // State of the system, of its package managers, of container engines, and the bake's own.
  '^/var/lib/(?:apt|aptitude|dpkg|rpm|dnf|yum|ucf|pam|cloud|systemd|dbus|amazon|snapd|docker|containerd|containers|dhcp|dhclient|dhcpcd|networkmanager|bake|bake-build|command-not-found)/',
  '^/usr/lib/bake/',
  '^/etc/cloud/cloud\\.cfg\\.d/99-bake-[0-9]+-',
  // Written by each instance for itself; the contract has rows for those that write them.
  '^/etc/(?:resolv\\.conf|netplan/50-cloud-init\\.yaml|network/interfaces\\.d/50-cloud-init(?:\\.cfg)?|systemd/network/10-cloud-init-[^/]*)$',
];

/** Bytes. What is larger is an artefact, not a configuration that somebody wrote. */
export const LARGEST_TEXT = 256 * 1024;
