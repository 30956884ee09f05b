"""What cloud-init and the bake's guard each make of files of cloud.cfg.d, over the package's own cloud.cfg.

usage: cloud_init_merge.py ROOT < [{name: text, …}, …]     prints [[cloud-init's, the guard's], …]
"""

import json
import os
import shutil
import sys

from cloudinit import util

import cloud_config

root = sys.argv[1]
main = root + cloud_config.MAIN
folder = root + cloud_config.DROP_INS


def both(files):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for name, text in files.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)
    return [util.read_conf_with_confd(main), cloud_config.effective(root)]


print(json.dumps([both(files) for files in json.load(sys.stdin)]))
