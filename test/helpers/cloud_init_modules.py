"""Runs cloud-init's own modules in a temporary root and tells what the image would lose.

usage: cloud_init_modules.py ROOT MODULE < {"baked": {…}}
ROOT/etc/cloud holds the configuration. Prints {"lost": [...]}: one line for each change to what was baked.
"""

import json
import logging
import os
import shutil
import sys
from collections import namedtuple
from types import SimpleNamespace
from unittest import mock

from cloudinit import subp, util
from cloudinit.config import (
    cc_apt_configure,
    cc_apt_pipelining,
    cc_ca_certs,
    cc_locale,
    cc_mounts,
    cc_ntp,
    cc_package_update_upgrade_install,
    cc_resolv_conf,
    cc_rsyslog,
    cc_set_hostname,
    cc_set_passwords,
    cc_ssh,
    cc_timezone,
    cc_update_etc_hosts,
    cc_update_hostname,
    cc_users_groups,
    cc_yum_add_repo,
)
from cloudinit import ssh_util
from cloudinit.distros import debian

LOG = logging.getLogger("test")
Hostname = namedtuple("Hostname", ("hostname", "is_default"))
MODULES = {}


def module(function):
    MODULES[function.__name__.replace("_", "-")] = function
    return function


def path(*parts):
    return os.path.join(ROOT, *parts)


def put(name, text):
    target = path(name)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(target, "w", encoding="utf-8") as file:
        file.write(text)
    return target


def text_of(name):
    try:
        with open(path(name), encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return None


def changed(name, before):
    after = text_of(name)
    return [] if after == before else [f"{name} is now {after!r}"]


def system(cfg):
    """Debian's own class, with nothing of this machine behind it."""
    paths = SimpleNamespace(get_cpath=lambda *_: path("cpath"), template_tpl=TREE + "/etc/cloud/templates/%s.tmpl")
    distro = debian.Distro("debian", cfg.get("system_info", {}), paths)
    distro.hosts_fn = path("etc/hosts")
    return distro


def cloud(distro):
    os.makedirs(path("cpath"), exist_ok=True)
    return SimpleNamespace(
        distro=distro,
        datasource=mock.Mock(),
        get_template_filename=lambda name: f"{TREE}/etc/cloud/templates/{name}.tmpl",
        get_hostname=lambda **_: Hostname("ip-10-0-0-1", False),
        get_cpath=lambda *_: path("cpath"),
        get_locale=lambda: distro.get_locale(),
        get_public_ssh_keys=lambda: [],
        device_name_to_device={"ephemeral0": "/dev/null", "swap": None}.get,
    )


def refuse(*args, **_):
    raise AssertionError(f"runs {args}")


@module
def sshd_pw(cfg, baked):
    main = put("etc/ssh/sshd_config", baked["sshd_config"].replace("@ROOT@", ROOT))
    distro = SimpleNamespace(get_option=lambda *_: "ssh", manage_service=lambda *_: None, uses_systemd=lambda: True)
    before = text_of("etc/ssh/sshd_config")
    real = ssh_util.update_ssh_config
    with mock.patch.object(cc_set_passwords, "update_ssh_config", lambda updates: real(updates, fname=main)):
        cc_set_passwords.handle_ssh_pwauth(cfg.get("ssh_pwauth"), distro)
    dropped = text_of("etc/ssh/sshd_config.d/50-cloud-init.conf")
    wanted = f"PasswordAuthentication {baked['value']}\n"
    return changed("etc/ssh/sshd_config", before) + ([] if dropped in (None, wanted) else [f"50-cloud-init.conf: {dropped}"])


@module
def hostkeys(cfg, _):
    lost = []
    with mock.patch.object(cc_ssh.glob, "glob", lambda pattern: [pattern]), mock.patch.object(
        cc_ssh.util, "del_file", lost.append
    ), mock.patch.object(cc_ssh, "apply_credentials"), mock.patch.object(cc_ssh, "get_public_host_keys"), mock.patch.object(subp, "subp", refuse):
        cc_ssh.handle("ssh", {**cfg, "ssh_genkeytypes": []}, cloud(system(cfg)), LOG, [])
    return lost


@module
def hostname(cfg, _):
    distro = system(cfg)
    lost = []
    distro.set_hostname = lambda name, fqdn=None: lost.append(f"set_hostname {name}")
    distro.update_hostname = lambda name, fqdn, previous: lost.append(f"update_hostname {name}")
    cc_set_hostname.handle("set_hostname", cfg, cloud(distro), LOG, [])
    cc_update_hostname.handle("update_hostname", cfg, cloud(distro), LOG, [])
    return lost


@module
def hosts(cfg, baked):
    put("etc/hosts", baked)
    cc_update_etc_hosts.handle("update_etc_hosts", cfg, cloud(system(cfg)), LOG, [])
    return changed("etc/hosts", baked)


def apt(cfg, apt_cfg):
    """What apt_configure decides to write, by the names of its own functions."""
    decided = []
    names = ("generate_sources_list", "generate_mirrorlists")
    with mock.patch.multiple(
        cc_apt_configure,
        add_mirror_keys=mock.DEFAULT,
        rename_apt_lists=mock.DEFAULT,
        apply_apt_config=mock.DEFAULT,
        find_apt_mirror_info=lambda *_, **__: {"MIRROR": "m", "PRIMARY": "m", "SECURITY": "m"},
        update_packages=mock.DEFAULT,
        add_apt_key=mock.DEFAULT,
        **{name: (lambda name: lambda *_: decided.append(name))(name) for name in names},
    ), mock.patch.object(util, "lsb_release", lambda **_: {"codename": "bookworm"}), mock.patch.object(
        util, "get_dpkg_architecture", lambda *_: "amd64"
    ), mock.patch.object(subp, "subp", refuse):
        cc_apt_configure.apply_apt(apt_cfg, cloud(system(cfg)), ROOT)
    return decided


@module
def apt_src(cfg, _):
    return apt(cfg, cfg.get("apt", {}))


apt_mirrors = MODULES["apt-mirrors"] = apt_src


@module
def apt_extra(cfg, baked):
    for name, text in baked.items():
        put(f"etc/apt/sources.list.d/{name}", text)
    apt(cfg, cfg.get("apt", {}))
    there = os.listdir(path("etc/apt/sources.list.d"))
    lost = [line for name, text in baked.items() for line in changed(f"etc/apt/sources.list.d/{name}", text)]
    extra = [name for name in there if name not in baked]
    active = [name for name in extra if any(line.startswith("deb") for line in text_of(f"etc/apt/sources.list.d/{name}").splitlines())]
    return lost + active


@module
def apt_conf(cfg, baked):
    proxy, conf = put("90cloud-init-aptproxy", baked), put("94cloud-init-config", baked)
    cc_apt_configure.apply_apt_config(cfg.get("apt", {}), proxy, conf)
    return changed("90cloud-init-aptproxy", baked) + changed("94cloud-init-config", baked)


@module
def apt_pipe(cfg, baked):
    target = put("90cloud-init-pipelining", baked)
    with mock.patch.object(cc_apt_pipelining, "DEFAULT_FILE", target):
        cc_apt_pipelining.handle("apt_pipelining", cfg, None, LOG, [])
    return changed("90cloud-init-pipelining", baked)


@module
def yum_repo(cfg, baked):
    put("etc/yum.repos.d/corp.repo", baked)
    cc_yum_add_repo.handle("yum_add_repo", {**cfg, "yum_repo_dir": path("etc/yum.repos.d")}, None, LOG, [])
    return changed("etc/yum.repos.d/corp.repo", baked)


@module
def pkg_up(cfg, _):
    lost = []
    distro = SimpleNamespace(
        update_package_sources=lambda: lost.append("update"),
        package_command=lambda command: lost.append(command),
        install_packages=lambda names: lost.append(f"install {names}"),
    )
    cc_package_update_upgrade_install.handle("x", cfg, SimpleNamespace(distro=distro), LOG, [])
    return lost


@module
def ca(cfg, _):
    lost = []
    with mock.patch.object(cc_ca_certs, "remove_default_ca_certs", lambda *_: lost.append("removes the store")), mock.patch.object(
        cc_ca_certs, "add_ca_certs", lambda _, certs: lost.append(f"adds {len(certs)}")
    ), mock.patch.object(cc_ca_certs, "update_ca_certs"):
        cc_ca_certs.handle("ca_certs", cfg, cloud(system(cfg)), LOG, [])
    return lost


MODULES["ca-old"] = ca


@module
def locale(cfg, baked):
    distro = system(cfg)
    lost = []
    distro.apply_locale = lambda value, _=None: lost.extend([] if value == baked else [value])
    with mock.patch.object(debian, "read_system_locale", lambda: baked):
        cc_locale.handle("locale", cfg, cloud(distro), LOG, [])
    return lost


@module
def timezone(cfg, baked):
    lost = []
    distro = SimpleNamespace(set_timezone=lambda zone: lost.extend([] if zone == baked else [zone]))
    cc_timezone.handle("timezone", cfg, SimpleNamespace(distro=distro), LOG, [])
    return lost


@module
def ntp(cfg, baked):
    target = put("etc/chrony/chrony.conf", baked)
    client = {**cc_ntp.NTP_CLIENT_CONFIG["chrony"], "confpath": target}
    distro = system(cfg)
    distro.install_packages = distro.manage_service = lambda *_: None
    with mock.patch.object(cc_ntp, "select_ntp_client", lambda *_: client), mock.patch.object(subp, "which", lambda _: True):
        cc_ntp.handle("ntp", cfg, cloud(distro), LOG, [])
    return changed("etc/chrony/chrony.conf", baked)


@module
def users(cfg, baked):
    distro = system(cfg)
    lost = []
    distro.create_group = lambda name, _: lost.append(f"group {name}")
    default = cfg["system_info"]["default_user"]["name"]

    def create_user(name, **config):
        if name != default:
            lost.append(f"user {name}")
            return
        if config.get("lock_passwd", True) != baked["locked"]:
            lost.append(f"locks the password of {name}")
        if config.get("sudo") != baked["sudo"]:
            lost.append(f"sudo {config.get('sudo')}")

    distro.create_user = create_user
    cc_users_groups.handle("users_groups", cfg, cloud(distro), LOG, [])
    return lost


MODULES["user"] = MODULES["sudoers"] = users


@module
def sudoers_name(cfg, baked):
    target = put("etc/sudoers.d/90-cloud-init-users", baked)
    distro = system(cfg)
    distro.ensure_sudo_dir = lambda _: None
    distro.write_sudo_rules("debian", cfg["system_info"]["default_user"]["sudo"], target)
    return changed("etc/sudoers.d/90-cloud-init-users", baked)


@module
def passwords(cfg, _):
    lost = []
    distro = system(cfg)
    distro.chpasswd = lambda pairs, hashed: lost.extend(f"password of {name}" for name, _ in pairs)
    distro.expire_passwd = lambda name: lost.append(f"expires {name}")
    with mock.patch.object(cc_set_passwords, "handle_ssh_pwauth"):
        cc_set_passwords.handle("set_passwords", cfg, cloud(distro), LOG, [])
    return lost


MODULES["password"] = passwords


@module
def fstab(cfg, baked):
    target = put("etc/fstab", baked)
    with mock.patch.object(cc_mounts, "FSTAB_PATH", target), mock.patch.object(util, "mounts", dict), mock.patch.object(
        util, "ensure_dir"
    ), mock.patch.object(cc_mounts.subp, "subp", lambda *_, **__: ("", "")), mock.patch.object(
        cc_mounts, "_is_block_device", lambda *_: True
    ):
        cc_mounts.handle("mounts", cfg, cloud(system(cfg)), LOG, [])
    return changed("etc/fstab", baked)


@module
def swap(cfg, _):
    lost = []
    with mock.patch.object(cc_mounts, "setup_swapfile", lambda **wanted: lost.append(wanted["fname"])):
        cc_mounts.handle_swapcfg({"filename": path("swap.img"), **cfg.get("swap", {})})
    return lost


@module
def resolved(cfg, _):
    lost = []
    with mock.patch.object(cc_resolv_conf, "generate_resolv_conf", lambda **_: lost.append("renders")):
        cc_resolv_conf.handle("resolv_conf", cfg, cloud(system(cfg)), LOG, [])
    return lost


@module
def rsyslog(cfg, baked):
    put("rsyslog.d/20-cloud-config.conf", baked)
    cc_rsyslog.apply_rsyslog_changes(cfg["rsyslog"]["configs"], "20-cloud-config.conf", path("rsyslog.d"))
    return changed("rsyslog.d/20-cloud-config.conf", baked)


@module
def scripts(_, baked):
    from cloudinit.cmd import clean

    put("var/lib/cloud/scripts/per-boot/10-web", baked)
    put("var/lib/cloud/seed/x", baked)
    init = SimpleNamespace(read_cfg=lambda: None, cfg={}, paths=SimpleNamespace(cloud_dir=path("var/lib/cloud")))
    with mock.patch.object(clean, "Init", lambda **_: init), mock.patch.object(clean, "runparts"):
        clean.remove_artifacts(remove_logs=False)
    assert text_of("var/lib/cloud/seed/x") == baked
    return changed("var/lib/cloud/scripts/per-boot/10-web", baked)


ROOT, NAME = sys.argv[1:3]
TREE = os.environ["CLOUD_INIT_TREE"]

config = util.read_conf_with_confd(path("etc/cloud/cloud.cfg"))
answer = {"lost": MODULES[NAME](config, json.load(sys.stdin)["baked"])}
shutil.rmtree(path("cpath"), ignore_errors=True)
print(json.dumps(answer))
