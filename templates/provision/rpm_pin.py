"""Amazon Linux: the release of its repositories that dnf and yum install from."""

import configparser
import os
import re

from machine_files import content, entries

REPOSITORIES = "/etc/yum.repos.d"
# Amazon's own, by their address; the releases of others are not Amazon Linux's.
AMAZON = re.compile(r"\bamazonlinux\b|\bal2023-repos-|//repo\.\$awsregion\b|//repo\.[\w-]+\.amazonaws\.com")
CORE = re.compile(r"/(?:core|main|updates)/")
# Has one address for all releases: a live patch is for the kernel that runs.
LIVE_PATCHES = "/kernel-livepatch/"


class DnfPin:
    """Amazon Linux 2023: a file of /etc/dnf/vars overrides the release that the AMI is locked to.

    https://docs.aws.amazon.com/linux/al2023/ug/deterministic-upgrades-usage.html
    """

    variable = "/etc/dnf/vars/releasever"
    # As dnf reads them: of two files with one name the last counts.
    folders = ("/etc/yum/vars", "/etc/dnf/vars")
    main = "/etc/dnf/dnf.conf"

    def __init__(self, root, release):
        self.root = root
        self.release = release

    def apply(self):
        write(self.root + self.variable, self.release + "\n")
        return []

    def check(self):
        where, value = self.in_force()
        findings = []
        if value != self.release:
            findings.append({"where": where, "why": f"it says {value or 'nothing'}, and {self.release} is pinned"})
        return findings + fixed_repositories(self.root)

    def in_force(self):
        path, value = self.variable, None
        for folder in option(self.root, self.main, "varsdir", " ".join(self.folders)).replace(",", " ").split():
            found = content(f"{self.root}{folder}/releasever")
            if found is not None:
                path, value = f"{folder}/releasever", found.split("\n")[0].strip()
        return path, value

    def elsewhere(self):
        return others(self.root)


class YumPin:
    """Amazon Linux 1 and 2: `releasever` of yum.conf, which cloud-init writes anew on each instance by `repo_releasever`.

    https://docs.aws.amazon.com/linux/al1/ug/aws.html, "Using lock-on-launch in Amazon Linux"
    """

    main = "/etc/yum.conf"
    drop_in = "/etc/cloud/cloud.cfg.d/99-bake-package-pin.cfg"

    def __init__(self, root, release):
        self.root = root
        self.release = release

    def apply(self):
        text = content(self.root + self.main)
        if text is None or "[main]" not in text:
            return [{"where": self.main, "why": "there is no [main] in it to pin a release in"}]
        text = re.sub(r"(?m)^releasever[ \t]*=.*\n?", "", text)
        write(self.root + self.main, text.replace("[main]\n", f"[main]\nreleasever={self.release}\n", 1))
        write(self.root + self.drop_in, f"#cloud-config\n# Written by bake for the pinned release.\n{self.statement()}\n")
        return []

    def check(self):
        findings = []
        value = option(self.root, self.main, "releasever", "")
        overriding = content(self.root + "/etc/yum/vars/releasever")
        if value != self.release:
            findings.append({"where": self.main, "why": f"releasever is {value or 'not set'}, and {self.release} is pinned"})
        if overriding is not None and overriding.strip() != self.release:
            findings.append({"where": "/etc/yum/vars/releasever", "why": f"it says {overriding.strip()}"})
        if self.statement() not in (content(self.root + self.drop_in) or "").splitlines():
            findings.append({"where": self.drop_in, "why": f"it does not say {self.statement()} any more"})
        return findings + fixed_repositories(self.root)

    def statement(self):
        return f"repo_releasever: '{self.release}'"

    def elsewhere(self):
        return others(self.root)


def fixed_repositories(root):
    """The pin works by `$releasever` in the addresses of Amazon's repositories."""
    ours = [(f"{path} [{name}]", url) for path, name, url in enabled(root) if AMAZON.search(url)]
    if not any(by_release(url) for _, url in ours):
        return [{"where": REPOSITORIES, "why": "no repository of Amazon Linux here has $releasever in its address"}]
    why = "its address has no $releasever, so the pin does not reach it"
    return [{"where": name, "why": why} for name, url in ours if CORE.search(url) and not by_release(url)]


def others(root):
    """Repositories that the pin does not reach, and is not meant to."""
    return [
        f"{path} [{name}]"
        for path, name, url in enabled(root)
        if not by_amazon(url) and LIVE_PATCHES not in url
    ]


def by_amazon(url):
    return AMAZON.search(url) and (by_release(url) or CORE.search(url))


def by_release(url):
    return "$releasever" in url or "${releasever}" in url


def enabled(root):
    """(file, name, address) of each repository that is on."""
    found = []
    for name in sorted(entries(root + REPOSITORIES)):
        path = f"{REPOSITORIES}/{name}"
        if name.endswith(".repo"):
            parser = parsed(content(root + path) or "")
            sections = [section for section in parser.sections() if parser.get(section, "enabled", fallback="1") != "0"]
            found += [(path, section, address(parser[section])) for section in sections]
    return found


def address(section):
    return section.get("mirrorlist") or section.get("metalink") or section.get("baseurl") or ""


def option(root, path, name, otherwise):
    return parsed(content(root + path) or "").get("main", name, fallback=otherwise).strip()


def parsed(text):
    parser = configparser.ConfigParser(interpolation=None, strict=False, delimiters=("=",))
    try:
        parser.read_string(text)
    except configparser.Error:
        # dnf and yum skip such a file with an error of their own.
        return configparser.ConfigParser()
    return parser


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".tmp", "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path + ".tmp", 0o644)
    os.replace(path + ".tmp", path)
