"""From what the layers have baked to drop-ins for cloud-init, and to what no drop-in can protect."""

from cloud_config import (
    DROP_INS,
    drop_in,
    effective,
    has_key,
    merged,
    missing,
    stated,
    telling,
    without_lists_of,
    write_drop_in,
)
from machine_files import entries


def protect(root, rows, memory):
    """Writes one drop-in per layer that needs one; returns (protected, unprotected) findings in the order of layers.

    A drop-in says only what the image does not say already, and only where its configuration lets the module act at all:
    an `ntp: {enabled: false}` that nobody needs would also undo a user-data that asks for ntp.
    """
    row_of = {row["id"]: row for row in rows}
    config = effective(root, without=[part["file"] for part in memory["parts"]])
    # A list that a layer has written itself is baked too, and none of a row's may take its place.
    ours = [name for name in entries(root + DROP_INS) if name.startswith("99-bake-")]
    by_layers = stated(root, without=memory["sourceDropIns"] + ours)
    protected, unprotected = [], []
    for part in memory["parts"]:
        number, layer, name = part["number"], part["name"], part["file"]
        whose = f"layer {layer}" if number > 0 else f"the {layer}"
        comments, additions, here = [f"Written by bake for what {whose} has baked."], {}, []
        for baked in memory["baked"]:
            row = row_of[baked["row"]]
            if baked["layer"] != number or not acts(row, config):
                continue
            if baked["override"] is None:
                unprotected.append(without_override(row, layer, baked))
                continue
            before = merged(config, additions)
            override = telling(without_lists_of(baked["override"], by_layers), before)
            needed = missing(override, before)
            finding = {"row": row["id"], "layer": layer, "paths": baked["paths"], "override": override}
            here.append({**finding, "file": f"{DROP_INS}/{name}" if needed else None})
            if needed:
                additions = merged(additions, needed)
                comments.append(f"{row['id']}: {', '.join(map(one_line, baked['paths']))}. {one_line(row['effect'])}")
        write_drop_in(root, name, drop_in(comments, additions) if additions else None)
        config = merged(config, additions)
        protected += here
    return protected, unprotected + defeated(root, protected, row_of)


def acts(row, config):
    """Would cloud-init, configured like this, do what the row says?"""
    return "needsKey" not in row or has_key(config, row["needsKey"])


def without_override(row, layer, baked):
    advice = baked.get("unknown") or row["remedy"]["advice"]
    return {"row": row["id"], "layer": layer, "paths": baked["paths"], "effect": row["effect"], "advice": advice}


def defeated(root, protected, row_of):
    """Overrides that a drop-in with a later name contradicts; what a later layer has baked anew is not one."""
    config = effective(root)
    last = {finding["row"]: finding for finding in protected}
    findings = []
    for finding in last.values():
        if not missing(finding["override"], config):
            continue
        later = [name for name in sorted(entries(root + DROP_INS)) if name.endswith(".cfg") and name > "99-bake-999"]
        advice = f"Remove what contradicts it from {', '.join(later)} in {DROP_INS}, or give it a name before 99-bake."
        row = row_of[finding["row"]]
        common = {key: finding[key] for key in ("row", "layer", "paths")}
        findings.append({**common, "effect": row["effect"], "advice": advice})
    return findings


def one_line(text):
    return "".join(character if character.isprintable() else "?" for character in text)
