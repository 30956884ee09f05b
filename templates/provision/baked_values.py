"""Values that an override states as they were baked: `{"$baked": "timezone"}` in the contract's table."""

import os

from cloud_config import effective
from machine_files import content
from sshd_settings import statements

ZONES = "/zoneinfo/"
LOCALE_FILES = ("/etc/default/locale", "/etc/locale.conf")
SUDO_RULES = "/etc/sudoers.d/90-cloud-init-users"


class Unknown(Exception):
    """The machine does not say the value, so that no override can."""


def resolved(root, value):
    """The override with every `$baked` replaced. Raises Unknown."""
    if isinstance(value, list):
        return [resolved(root, inner) for inner in value]
    if not isinstance(value, dict):
        return value
    if "$baked" in value:
        return READERS[value["$baked"]](root)
    return {key: resolved(root, inner) for key, inner in value.items()}


def password_authentication(root):
    said = statements(root, "PasswordAuthentication")
    return not said or said[0][1].lower() == "yes"


def locale(root):
    for path in LOCALE_FILES:
        for line in (content(root + path) or "").splitlines():
            name, found, value = line.strip().partition("=")
            if found and name == "LANG":
                return value.strip("\"'")
    raise Unknown("no LANG in " + " or ".join(LOCALE_FILES))


def timezone(root):
    link = root + "/etc/localtime"
    if os.path.islink(link) and ZONES in os.readlink(link):
        return os.readlink(link).split(ZONES, 1)[1]
    named = (content(root + "/etc/timezone") or "").strip()
    if named:
        return named
    raise Unknown("/etc/localtime leads to no time zone and /etc/timezone names none")


def default_user_sudo(root):
    """The default user's rules without its name, as cloud-init takes them; None where there are none."""
    user = default_user(root)
    lines = [line.split(None, 1) for line in (content(root + SUDO_RULES) or "").splitlines()]
    return [words[1].strip() for words in lines if len(words) == 2 and words[0] == user] or None


def default_user_locked(root):
    """passwd(1) locks a password with a `!` before it. An account that is missing is made with a locked one."""
    for line in (content(root + "/etc/shadow") or "").splitlines():
        name, _, rest = line.partition(":")
        if name == default_user(root):
            return rest.startswith("!")
    return True


def default_user(root):
    system = effective(root).get("system_info") or {}
    return (system.get("default_user") or {}).get("name", "")


def masked_apt_sources(root):
    """A mapping cannot be taken away by a higher file, so each source becomes a comment in a list of its own."""
    sources = (effective(root).get("apt") or {}).get("sources") or {}
    harmless = {"source": "# masked by bake", "filename": "bake-masked.list", "append": False}
    return {name: dict(harmless) for name in sources}


READERS = {
    "password-authentication": password_authentication,
    "locale": locale,
    "timezone": timezone,
    "default-user-sudo": default_user_sudo,
    "default-user-locked": default_user_locked,
    "masked-apt-sources": masked_apt_sources,
}
