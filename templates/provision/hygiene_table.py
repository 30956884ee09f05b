"""What must not be in an image, since every clone would have it. docs/hygiene.md is this table, printed.

`clean`: the machine's own traces; removed, and the bake fails if any is there all the same.
`refuse`: somebody's secret. Removing it in silence would hide that a layer leaks it, and its blocks stay in the snapshot.
`~` stands for each home directory of /etc/passwd, `*` for any characters but `/`, a last `**` for everything below.
"""

from collections import namedtuple

# how: remove | remove-files (links stay) | empty (content, not the file) | make-empty (the file must be there) |
#      launch-keys (lines with the key of this instance) | present | matching
Row = namedtuple("Row", "id kind decision how paths why keep pattern", defaults=((), None))

# Kinds: two clones must differ in it; nobody else may know it; it is of no use to anyone.
UNIQUE, SECRET, NOISE = "unique", "secret", "noise"

PASSWORD_IN_URL = r"://[^/\s:@]+:[^/\s@]+@"
PRIVATE_KEY = r"-----BEGIN [A-Z ]*PRIVATE KEY-----"
AWS_KEY = r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|aws_secret_access_key\s*=\s*\S|aws_session_token\s*=\s*\S"


def clean(id, kind, how, paths, why, keep=()):
    return Row(id, kind, "clean", how, paths.split(), why, keep)


def refuse(id, paths, why, pattern=None):
    return Row(id, SECRET, "refuse", "matching" if pattern else "present", paths.split(), why, (), pattern)


ROWS = (
    clean("host-keys", UNIQUE, "remove", "/etc/ssh/ssh_host_*", "whoever has one clone can pose as all of them"),
    clean(
        "machine-id",
        UNIQUE,
        "make-empty",
        "/etc/machine-id",
        "names DHCP leases and journals; empty and not missing, since without it systemd resets units to their presets",
    ),
    clean("dbus-machine-id", UNIQUE, "remove-files", "/var/lib/dbus/machine-id", "a copy of the machine id"),
    clean(
        "random-seed",
        UNIQUE,
        "remove",
        "/var/lib/systemd/random-seed /var/lib/urandom/random-seed",
        "clones would start from the same randomness",
    ),
    clean(
        "host-secrets",
        UNIQUE,
        "remove",
        "/var/lib/systemd/credential.secret /var/lib/NetworkManager/secret_key /etc/hostid "
        "/etc/iscsi/initiatorname.iscsi /etc/docker/key.json /var/lib/tailscale/tailscaled.state",
        "made once for each machine by its service, and made again when missing",
    ),
    clean("region-config", UNIQUE, "remove", "/var/lib/bake/region-config", "each instance loads that of its own region"),
    clean("timers", UNIQUE, "remove", "/var/lib/systemd/timers/*", "when timers of the builder last ran"),
    clean(
        "leases",
        UNIQUE,
        "remove",
        "/var/lib/dhcp/* /var/lib/dhclient/* /var/lib/dhcpcd/* /var/lib/NetworkManager/*.lease "
        "/var/lib/systemd/network/*",
        "clones would ask for the builder's address",
    ),
    clean(
        "network",
        UNIQUE,
        "remove",
        "/etc/netplan/50-cloud-init.yaml /etc/network/interfaces.d/50-cloud-init "
        "/etc/network/interfaces.d/50-cloud-init.cfg /etc/systemd/network/10-cloud-init-* "
        "/etc/NetworkManager/system-connections/cloud-init-* /etc/udev/rules.d/70-persistent-net.rules",
        "has the builder's hardware addresses; each instance renders its own",
    ),
    clean(
        "cloud-init",
        UNIQUE,
        "remove",
        "/var/lib/cloud/* /etc/sudoers.d/90-cloud-init-users",
        "a clone must be a new instance to cloud-init; accounts and their sudo rules are made again then",
        keep=("seed",),
    ),
    clean(
        "agents",
        UNIQUE,
        "remove",
        "/etc/datadog-agent/auth_token /var/osquery/osquery.db /etc/salt/minion_id /etc/salt/pki/minion/* "
        "/etc/puppetlabs/puppet/ssl/* /var/lib/puppet/ssl/* /etc/chef/client.pem /opt/consul/node-id "
        "/var/lib/consul/node-id /var/lib/nomad/client/client-id /var/lib/kubelet/pki/* /var/lib/ecs/data/*",
        "the agent's identity: its server would take all clones for one machine",
    ),
    clean("ssm", UNIQUE, "remove", "/var/lib/amazon/ssm/*", "the SSM agent's registration and state of this instance"),
    clean(
        "launch-keys",
        SECRET,
        "launch-keys",
        "~/.ssh/authorized_keys ~/.ssh/authorized_keys2",
        "the builder's own key is removed; any other fails the bake: cloud-init only ever adds keys, so it opens every clone",
    ),
    clean("known-hosts", SECRET, "remove", "~/.ssh/known_hosts ~/.ssh/known_hosts.old", "tells where else one logs in"),
    clean(
        "tool-traces",
        SECRET,
        "remove",
        "~/.viminfo ~/.lesshst ~/.wget-hsts ~/.rnd ~/.sudo_as_admin_successful",
        "what interactive tools remember",
    ),
    clean("temporary", SECRET, "remove", "/tmp/* /var/tmp/*", "uploads and scripts of the bake, and whatever layers left"),
    clean("home-caches", NOISE, "remove", "~/.cache", "made again when missing"),
    clean("spool", NOISE, "remove", "/var/crash/* /var/mail/* /var/spool/mail/* /var/spool/cron/atjobs/*", "of this machine"),
    clean(
        "package-caches",
        NOISE,
        "remove",
        "/var/cache/apt/archives/*.deb /var/cache/apt/*.bin /var/cache/dnf/* /var/cache/yum/*",
        "fetched again when needed",
    ),
    clean("package-lists", NOISE, "remove", "/var/lib/apt/lists/*", "out of date by tomorrow", keep=("lock", "partial")),
    # Removed and not emptied: logging out after the bake would write to them again. Each boot makes them anew.
    clean("logins", SECRET, "remove", "/var/log/wtmp* /var/log/btmp* /var/log/lastlog", "who logged in, and from where"),
    clean("journal", SECRET, "remove", "/var/log/journal/*", "in a folder that has the old machine id as its name"),
    clean("logs", SECRET, "empty", "/var/log/**", "hold addresses, names, and what scripts printed"),
    refuse("history", "~/.*_history", "commands that somebody typed, with what was in them"),
    refuse("ssh-private-key", "~/.ssh/id_* ~/.ssh/*.pem", "a login to other machines", PRIVATE_KEY),
    refuse(
        "cloud-credentials",
        "~/.aws/credentials ~/.aws/cli/cache/* ~/.aws/sso/cache/* ~/.azure/*.json ~/.config/gcloud/*.db "
        "~/.config/gcloud/application_default_credentials.json ~/.config/doctl/config.yaml ~/.oci/config",
        "instances have roles",
    ),
    refuse("aws-config", "~/.aws/config", "instances have roles", AWS_KEY),
    refuse(
        "tokens",
        "~/.netrc ~/.pgpass ~/.git-credentials ~/.config/git/credentials ~/.config/gh/hosts.yml ~/.vault-token "
        "~/.kube/config ~/.terraform.d/credentials.tfrc.json ~/.cargo/credentials ~/.cargo/credentials.toml",
        "a login to another service",
    ),
    refuse("docker-login", "~/.docker/config.json", "a login to a container registry", r'"auth"\s*:\s*"[^"]'),
    refuse("npm-login", "~/.npmrc /etc/npmrc", "a login to a package registry", r"(?i)_auth|_password"),
    refuse("pypi-login", "~/.pypirc", "a login to a package registry", r"(?im)^\s*password"),
    refuse("database-login", "~/.my.cnf", "a login to a database", r"(?im)^\s*password"),
    refuse("apt-login", "/etc/apt/auth.conf /etc/apt/auth.conf.d/*", "a login to a package archive", r"(?i)\bpassword\s"),
    refuse(
        "password-in-url",
        "/etc/environment /etc/profile.d/* /etc/apt/apt.conf /etc/apt/apt.conf.d/* /etc/apt/sources.list "
        "/etc/apt/sources.list.d/* /etc/dnf/dnf.conf /etc/yum.conf /etc/yum.repos.d/* /etc/pip.conf "
        "~/.config/pip/pip.conf ~/.pip/pip.conf ~/.gitconfig",
        "a proxy's or an archive's password",
        PASSWORD_IN_URL,
    ),
    refuse("gpg-private-key", "~/.gnupg/private-keys-v1.d/*", "signs and decrypts in somebody's name"),
    refuse("key-in-home", "/root/** /home/**", "a private key or an AWS key", f"{PRIVATE_KEY}|{AWS_KEY}"),
)
