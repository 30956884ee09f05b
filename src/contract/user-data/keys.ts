/**
 * Keys that cloud-init reads in user-data: those of the modules in schema-cloud-config-v1.json of 22.4.2, and later ones. It
 * passes over any other without a word, and a module of a vendor's may have its own: only what is nearly one of these is wrong.
 */
const KEYS = `
allow_public_ssh_keys ansible apk_repos apt apt_pipelining apt_reboot_if_required apt_update apt_upgrade authkey_hash autoinstall
bootcmd byobu_by_default ca-certs ca_certs chef chpasswd cloud_config_modules cloud_final_modules cloud_init_modules
create_hostname_file device_aliases disable_ec2_metadata disable_root disable_root_opts disk_setup drivers fan final_message fqdn
fs_setup groups growpart grub-dpkg grub_dpkg hostname keyboard landscape locale locale_configfile lxd manage_etc_hosts
manage_resolv_conf mcollective migrate mount_default_fields mounts no_ssh_fingerprints ntp output package_reboot_if_required
package_update package_upgrade packages password phone_home power_state prefer_fqdn_over_hostname preserve_hostname puppet
random_seed reporting resize_rootfs resolv_conf rh_subscription rpi rsyslog runcmd salt_minion snap spacewalk ssh
ssh_authorized_keys ssh_deletekeys ssh_fp_console_blacklist ssh_genkeytypes ssh_import_id ssh_key_console_blacklist ssh_keys
ssh_publish_hostkeys ssh_pwauth ssh_quiet_keygen swap timezone ubuntu_advantage ubuntu_pro updates user users vendor_data wireguard
write_files yum_repo_dir yum_repos zypper`
  .trim()
  .split(/\s+/);

const known = new Set(KEYS);
const plain = (key: string) => key.toLowerCase().replaceAll(/[-_]/g, '').replace(/s$/, '');
const byPlain = new Map(KEYS.map((key) => [plain(key), key]));

/** The key that was meant: `runcmd` for `run_cmd`, `packages` for `package`. Undefined where there is no such doubt. */
export const meantKey = (key: string): string | undefined => (known.has(key) ? undefined : byPlain.get(plain(key)));
