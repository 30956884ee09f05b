"""Runs cloud-init's own modules in a temporary root and tells what the image would lose.

usage: cloud_init_modules.py ROOT MODULE < {"baked": {…}}
ROOT/etc/cloud holds the configuration. Prints {"lost": [...]}: one line for each change to what was baked.
"""

import inspect
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


def handle(module, name, cfg, cloud):
    """cloud-init before 23.2 hands every module a logger."""
    log = [LOG] if len(inspect.signature(module.handle).parameters) == 5 else []
    module.handle(name, cfg, cloud, *log, [])


def refuse(*args, **_):
    raise AssertionError(f"runs {args}")


@module
def sshd_pw(cfg, baked):
    main = put("etc/ssh/sshd_config", baked["sshd_config"].replace("@ROOT@", ROOT))
    distro = SimpleNamespace(get_option=lambda *_: "ssh", manage_service=lambda *_: None, uses_systemd=lambda: True)
    before = text_of("etc/ssh/sshd_config")
    real = ssh_util.update_ssh_config
    inactive = SimpleNamespace(stdout="inactive")
    with mock.patch.object(
        cc_set_passwords, "update_ssh_config", lambda updates: real(updates, main)
    ), mock.patch.object(subp, "subp", lambda *_, **__: inactive):
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
        handle(cc_ssh, "ssh", {**cfg, "ssh_genkeytypes": []}, cloud(system(cfg)))
    return lost


@module
def hostname(cfg, _):
    distro = system(cfg)
    lost = []
    distro.set_hostname = lambda name, fqdn=None: lost.append(f"set_hostname {name}")
    distro.update_hostname = lambda name, fqdn, previous: lost.append(f"update_hostname {name}")
    handle(cc_set_hostname, "set_hostname", cfg, cloud(distro))
    handle(cc_update_hostname, "update_hostname", cfg, cloud(distro))
    return lost


@module
def hosts(cfg, baked):
    put("etc/hosts", baked)
    handle(cc_update_etc_hosts, "update_etc_hosts", cfg, cloud(system(cfg)))
    return changed("etc/hosts", baked)


def apt(cfg, apt_cfg):
    """What apt_configure decides to write, by the names of its own functions."""
    decided = []
    distro = system(cfg)
    distro.update_package_sources = lambda **_: None
    in_root = subp.target_path
    names = ("generate_sources_list", "generate_mirrorlists")
    with mock.patch.multiple(
        cc_apt_configure,
        add_mirror_keys=mock.DEFAULT,
        rename_apt_lists=mock.DEFAULT,
        apply_apt_config=mock.DEFAULT,
        find_apt_mirror_info=lambda *_, **__: {"MIRROR": "m", "PRIMARY": "m", "SECURITY": "m"},
        **({"update_packages": mock.DEFAULT} if hasattr(cc_apt_configure, "update_packages") else {}),
        add_apt_key=mock.DEFAULT,
        **{name: (lambda name: lambda *_: decided.append(name))(name) for name in names},
    ), mock.patch.object(util, "lsb_release", lambda **_: {"codename": "bookworm"}), mock.patch.object(
        util, "get_dpkg_architecture", lambda *_: "amd64"
    ), mock.patch.object(subp, "subp", refuse), mock.patch.object(
        subp, "target_path", lambda target=None, path=None: in_root(ROOT, path)
    ):
        cc_apt_configure.apply_apt(apt_cfg, cloud(distro), ROOT)
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
        handle(cc_apt_pipelining, "apt_pipelining", cfg, None)
    return changed("90cloud-init-pipelining", baked)


@module
def yum_repo(cfg, baked):
    put("etc/yum.repos.d/corp.repo", baked)
    handle(cc_yum_add_repo, "yum_add_repo", {**cfg, "yum_repo_dir": path("etc/yum.repos.d")}, None)
    return changed("etc/yum.repos.d/corp.repo", baked)


@module
def pkg_up(cfg, _):
    lost = []
    distro = SimpleNamespace(
        update_package_sources=lambda: lost.append("update"),
        package_command=lambda command: lost.append(command),
        install_packages=lambda names: lost.append(f"install {names}"),
    )
    handle(cc_package_update_upgrade_install, "x", cfg, SimpleNamespace(distro=distro))
    return lost


@module
def ca(cfg, _):
    lost = []
    # The first name is that of 23.1 and later; there the second is only called by the first.
    remove = "disable_default_ca_certs" if hasattr(cc_ca_certs, "disable_default_ca_certs") else "remove_default_ca_certs"
    with mock.patch.object(cc_ca_certs, remove, lambda *_: lost.append("removes the store")), mock.patch.object(
        cc_ca_certs, "add_ca_certs", lambda _, certs: lost.append(f"adds {len(certs)}")
    ), mock.patch.object(cc_ca_certs, "update_ca_certs"):
        handle(cc_ca_certs, "ca_certs", cfg, cloud(system(cfg)))
    return lost


MODULES["ca-old"] = ca


@module
def locale(cfg, baked):
    distro = system(cfg)
    lost = []
    distro.apply_locale = lambda value, _=None: lost.extend([] if value == baked else [value])
    with mock.patch.object(debian, "read_system_locale", lambda: baked):
        handle(cc_locale, "locale", cfg, cloud(distro))
    return lost


@module
def timezone(cfg, baked):
    lost = []
    distro = SimpleNamespace(set_timezone=lambda zone: lost.extend([] if zone == baked else [zone]))
    handle(cc_timezone, "timezone", cfg, SimpleNamespace(distro=distro))
    return lost


@module
def ntp(cfg, baked):
    target = put("etc/chrony/chrony.conf", baked)
    client = {**cc_ntp.NTP_CLIENT_CONFIG["chrony"], "confpath": target}
    distro = system(cfg)
    distro.install_packages = distro.manage_service = lambda *_: None
    with mock.patch.object(cc_ntp, "select_ntp_client", lambda *_: client), mock.patch.object(subp, "which", lambda _: True):
        handle(cc_ntp, "ntp", cfg, cloud(distro))
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
    handle(cc_users_groups, "users_groups", cfg, cloud(distro))
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
        handle(cc_set_passwords, "set_passwords", cfg, cloud(distro))
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
        handle(cc_mounts, "mounts", cfg, cloud(system(cfg)))
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
        handle(cc_resolv_conf, "resolv_conf", cfg, cloud(system(cfg)))
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
        given = [init] if "init" in inspect.signature(clean.remove_artifacts).parameters else []
        clean.remove_artifacts(*given, remove_logs=False)
    assert text_of("var/lib/cloud/seed/x") == baked
    return changed("var/lib/cloud/scripts/per-boot/10-web", baked)


ROOT, NAME = sys.argv[1:3]
TREE = os.environ["CLOUD_INIT_TREE"]
ESCAPES = []
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = {"os.chmod", "os.chown", "os.mkdir", "os.remove", "os.rmdir", "os.truncate", "os.utime", "shutil.rmtree"}
CHANGES_BOTH = {"os.link", "os.rename", "os.symlink"}
LEAVES = {"os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.system", "socket.connect", "subprocess.Popen"}


def stay_inside(event, args):
    """What no test has replaced, in this version of cloud-init or the next, must not reach the machine it runs on."""
    if event == "open":
        paths = args[:1] if args[2] & WRITES else ()
    elif event in CHANGES_BOTH:
        paths = args[1:2] if event == "os.symlink" else args[:2]
    else:
        paths = args[:1] if event in CHANGES else ()
    # A number is a file that is open already; a name beside a folder's number is below what shutil.rmtree was given.
    named = [os.fsdecode(name) for name in paths if not isinstance(name, int) and name is not None]
    if args and isinstance(args[-1], int) and args[-1] >= 0 and event in ("os.remove", "os.rmdir"):
        named = []
    inside = os.path.realpath(ROOT) + os.sep
    outside = [name for name in named if name != os.devnull and not (os.path.realpath(name) + os.sep).startswith(inside)]
    if outside or event in LEAVES:
        ESCAPES.append(f"{event} {outside or args[:2]}")
        raise AssertionError(f"{NAME} leaves {ROOT}: {ESCAPES[-1]}")


sys.addaudithook(stay_inside)

config = util.read_conf_with_confd(path("etc/cloud/cloud.cfg"))
answer = {"lost": MODULES[NAME](config, json.load(sys.stdin)["baked"])}
shutil.rmtree(path("cpath"), ignore_errors=True)
# A module may have caught the error.
assert not ESCAPES, ESCAPES
print(json.dumps(answer))
