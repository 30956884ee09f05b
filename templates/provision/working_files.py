"""What the builder's programs are given and remember: JSON files in the folder of the bake."""

import json
import os


def load(work, name):
    with open(os.path.join(work, name), encoding="utf-8") as file:
        return json.load(file)


def save(work, name, value):
    path = os.path.join(work, name)
    with open(path + ".tmp", "w", encoding="utf-8") as file:
        json.dump(value, file)
    os.replace(path + ".tmp", path)
